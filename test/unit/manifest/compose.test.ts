import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { Implementation, Manifest } from '../../../src/domain/implementation.ts';
import { composeManifest } from '../../../src/manifest/compose.ts';
import { composeDependabot } from '../../../src/manifest/dependabot.ts';
import { implementationName, uniqueNames } from '../../../src/manifest/names.ts';
import { parseManifest } from '../../../src/manifest/parse.ts';
import { shellQuote } from '../../../src/manifest/shell-quote.ts';
import { yamlLine, yamlList, yamlScalar } from '../../../src/manifest/yaml-scalar.ts';
import { ROOT, TEMPLATE } from '../../helpers/cli.ts';

const schemas = { manifest: JSON.parse(readFileSync(join(ROOT, 'contracts/schemas/manifest.schema.json'), 'utf8')) };
const read = (text: string) => parseManifest({ text, file: 'manifest.yaml' }, schemas);

/** Texts that quoting gets wrong, beside any other. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    'true',
    'null',
    '1e3',
    'e5',
    '~',
    '- a',
    'a: b',
    'a #b',
    '"',
    "it's",
    '$(touch x)',
    '`id`',
    '\n---\n',
    '*alias',
    '!!js',
    '\u2028',
    '\u0085x',
    '@x',
    '%x',
    '{a}',
    '[b]',
    '\\',
    '\u202egnp',
  ),
);
const texts = (maximum: number) => hostile.filter((text) => /^[^\p{Cc}]+$/u.test(text) && text.length <= maximum);

const manifests: fc.Arbitrary<Manifest> = fc
  .array(
    fc.record(
      {
        path: hostile,
        language: texts(60),
        framework: texts(60),
        dockerfile: texts(40).filter(
          (text) => /^[^\\/~-][^\\/]*$/.test(text) && text !== '.' && text !== '..' && !/^[A-Za-z]:/.test(text),
        ),
        run: fc.array(texts(40), { minLength: 1, maxLength: 3 }).filter(([program = '']) => program.trim() !== ''),
        build: texts(80),
        buildArgs: fc.dictionary(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,6}$/), texts(30), {
          maxKeys: 3,
          noNullPrototype: true,
        }),
      },
      { requiredKeys: ['path', 'dockerfile', 'buildArgs'] },
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((found) => {
    const paths = found.map(({ path }, index) => `${path}/${index}`);
    const names = uniqueNames(paths);
    const implementations = found.map(({ language, framework, dockerfile, run, build, buildArgs }, index) => {
      const name = names.get(paths[index] ?? '') ?? '';
      const one: Implementation = {
        name,
        serviceType: 'discord-webhook',
        path: `implementations/${name}`,
        dockerfile,
        buildArgs,
        supportedFeatures: ['signature-validation'],
        ...(language === undefined ? {} : { language }),
        ...(framework === undefined ? {} : { framework }),
        ...(run === undefined ? {} : { local: { run, requires: ['node'], ...(build === undefined ? {} : { build }) } }),
      };
      return one;
    });
    return { serviceType: 'discord-webhook', contractVersion: '1.0.0', implementations };
  });

test('whatever a manifest holds, its text is read as the same', () => {
  fc.assert(
    fc.property(manifests, fc.array(hostile, { maxLength: 2 }), (manifest, remarks) => {
      assert.deepEqual(read(composeManifest(manifest, remarks)), manifest);
    }),
    { numRuns: 300 },
  );
});

test('any text is one value of YAML', () => {
  const wellFormed = hostile.filter((text) => text.isWellFormed());
  fc.assert(
    fc.property(wellFormed, wellFormed, (one, other) => {
      assert.deepEqual(parse(`a: ${yamlLine(one)}\nb: ${yamlScalar(other)}\nc: ${yamlList([one, other])}\n`), {
        a: one,
        b: other,
        c: [one, other],
      });
    }),
    { numRuns: 500 },
  );
  assert.equal(yamlList(['node', './server', 'a b', 'on']), '[node, ./server, "a b", "on"]');
  assert.equal(yamlLine('go build -ldflags="-s -w" -o x .'), 'go build -ldflags="-s -w" -o x .');
});

test("the template's manifest is composed as it is", () => {
  const manifest = read(readFileSync(join(TEMPLATE, 'manifest.yaml'), 'utf8'));
  assert.deepEqual(read(composeManifest(manifest)), manifest);
});

test('names are valid, differ, and stay those that were valid already', () => {
  const valid = /^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$/;
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.oneof(hostile, fc.constantFrom('a', 'A', 'a-2', 'a/', 'é', 'e'.repeat(60), 'E'.repeat(60))), {
        maxLength: 12,
      }),
      (paths) => {
        const names = uniqueNames(paths);
        assert.equal(new Set(names.values()).size, paths.length);
        for (const path of paths) {
          assert.match(names.get(path) ?? '', valid, JSON.stringify(path));
          if (valid.test(path) && !path.includes('--')) assert.equal(names.get(path), path);
        }
      },
    ),
    { numRuns: 500 },
  );
  const cases: [string, string][] = [
    ['go-gin', 'go-gin'],
    ['python/Flask_App', 'python-flask-app'],
    ['3d', 'impl-3d'],
    ['Ünïcode', 'unicode'],
    ['日本', 'impl'],
    ['it\'s $(rm -rf) "x"', 'it-s-rm-rf-x'],
    [`${'x'.repeat(48)}-yy`, 'x'.repeat(48)],
  ];
  for (const [path, name] of cases) assert.equal(implementationName(path), name);
});

test('bash reads a quoted text as the same one word, on one line', () => {
  const cases = fc.sample(
    hostile.filter((text) => !text.includes('\0') && text.isWellFormed()),
    { numRuns: 300, seed: 1 },
  );
  const words = ['', "a'b", '$HOME', '`id`', 'a\nb', '-n', '!!', '~', '*', 'a b', '\\', '\u202e', 'é', ...cases];
  const quoted = words.map(shellQuote);
  for (const word of quoted) assert.doesNotMatch(word, /[\n\r]/);
  const script = `printf '%s\\0' ${quoted.join(' ')}`;
  const { stdout, status } = spawnSync('bash', ['-c', script], { encoding: 'utf8', env: { LC_ALL: 'C.UTF-8' } });
  assert.equal(status, 0);
  assert.deepEqual(stdout.split('\0').slice(0, -1), words);
});

test('Dependabot gets an entry for what is there, and none for what is not', () => {
  const text = composeDependabot([
    { path: 'implementations/b', names: ['package.json', 'Dockerfile', 'Dockerfile.dockerignore'] },
    { path: 'implementations/a', names: ['go.mod', 'Dockerfile.prod'] },
    { path: 'implementations/c', names: ['main.c', 'README.md'] },
  ]);
  const { updates } = parse(text) as { updates: { 'package-ecosystem': string; directory: string }[] };
  assert.deepEqual(
    updates.map((one) => `${one['package-ecosystem']} ${one.directory}`),
    [
      'github-actions /',
      'docker /implementations/a',
      'docker /implementations/b',
      'gomod /implementations/a',
      'npm /implementations/b',
    ],
  );
});

test("the template's Dependabot settings are those of its implementations", () => {
  const manifest = read(readFileSync(join(TEMPLATE, 'manifest.yaml'), 'utf8'));
  const tracked = spawnSync('git', ['ls-files', 'implementations'], { cwd: TEMPLATE, encoding: 'utf8' }).stdout;
  const directories = manifest.implementations.map(({ path }) => ({
    path,
    names: tracked
      .split('\n')
      .filter((file) => file.startsWith(`${path}/`))
      .map((file) => file.slice(path.length + 1)),
  }));
  assert.equal(readFileSync(join(TEMPLATE, '.github/dependabot.yml'), 'utf8'), composeDependabot(directories));
});
