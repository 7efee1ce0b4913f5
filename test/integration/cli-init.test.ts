import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseDocument } from 'yaml';
import { parseManifest } from '../../src/manifest/parse.ts';
import { filesBelow, newWorkspace, ROOT, readJson, runTool, TEMPLATE } from '../helpers/cli.ts';

const workspace = newWorkspace();
after(() => workspace.remove());

const schemas = { manifest: readJson(join(ROOT, 'contracts/schemas/manifest.schema.json')) };
const text = (...path: string[]) => readFileSync(join(workspace.directory, ...path), 'utf8');
const template = (path: string) => readFileSync(join(TEMPLATE, path), 'utf8');
const init = (...args: string[]) => runTool(workspace, ['init', ...args, '--type', 'discord-webhook']);

test('what is written can be discovered and validated as it is', async () => {
  const { code, stdout, stderr } = await init('my-services');
  assert.equal(code, 0, stderr);
  const files = filesBelow(join(workspace.directory, 'my-services'));
  assert.match(stdout, new RegExp(`^wrote ${files.length} files into my-services\n`));
  assert.match(
    stdout,
    /Four things to change[\s\S]*1\. names[\s\S]*2\. impl[\s\S]*3\. the cloud[\s\S]*4\. the branch rule/,
  );

  const cwd = join(workspace.directory, 'my-services');
  const discovered = await runTool(workspace, ['discover', '--format', 'json'], { cwd });
  assert.equal(discovered.code, 0, discovered.stderr);
  assert.doesNotMatch(discovered.stderr, /differs/);
  const warnings = discovered.stderr.split('\n').filter((line) => line.includes('warning'));
  for (const line of warnings) assert.match(line, /discord-webhook 1\.x is deprecated and supported until/);
  assert.deepEqual(
    (JSON.parse(discovered.stdout) as { name: string }[]).map(({ name }) => name),
    ['node-http'],
  );
  const validated = await runTool(workspace, ['validate', '--platform', 'local'], { cwd });
  assert.equal(validated.code, 0, validated.stderr);
  assert.match(validated.stdout, /1 service checked: all conform/);
});

test('everything of the template, nothing of the implementations that nobody chose', async () => {
  const directory = join(workspace.directory, 'my-services');
  const files = filesBelow(directory);
  const shared = filesBelow(TEMPLATE).filter(
    (file) => !/^implementations\/|node_modules\/|\.cloudrun-perf\//.test(file),
  );
  assert.deepEqual(
    files.filter((file) => !file.startsWith('implementations/')),
    shared,
  );
  assert.ok(shared.includes('.github/workflows/perf.yml') && shared.includes('.github/CODEOWNERS'));
  assert.ok(
    files.every((file) => !file.startsWith('implementations/') || file.startsWith('implementations/node-http/')),
  );
  for (const file of files) {
    const found = text('my-services', file);
    assert.doesNotMatch(found, /node-fastify|go-net-http|python-stdlib/, file);
    if (/\.ya?ml$/.test(file)) assert.deepEqual(parseDocument(found).errors, [], file);
    if (file.startsWith('contract/')) assert.equal(found, template(file));
  }
  for (const [file, schema] of Object.entries({ 'manifest.yaml': 'manifest', 'cloudrun-perf.yaml': 'config' }))
    assert.match(
      text('my-services', file),
      new RegExp(
        `^# yaml-language-server: \\$schema=https://raw\\.githubusercontent\\.com/org/cloudrun-perf/v1/contracts/schemas/${schema}\\.schema\\.json\n[^#]`,
      ),
    );
  const readme = text('my-services', 'README.md');
  assert.match(readme, /^# my-services\n/);
  assert.match(
    readme,
    /\|---\|---\|---\|\n\| \[node-http\]\(implementations\/node-http\) \| javascript \| node-http \|\n\n/,
  );
  const dependabot = text('my-services', '.github/dependabot.yml');
  assert.deepEqual(dependabot.match(/(?<=package-ecosystem: ).*/g), ['github-actions', 'docker', 'npm']);
});

test('all implementations make the template again', async () => {
  const all = parseManifest({ text: template('manifest.yaml'), file: 'manifest.yaml' }, schemas);
  const { code, stderr } = await init('all', '--impl', all.implementations.map(({ name }) => name).join(','));
  assert.equal(code, 0, stderr);
  assert.deepEqual(parseManifest({ text: text('all/manifest.yaml'), file: 'manifest.yaml' }, schemas), all);
  for (const file of ['.github/dependabot.yml', '.gitignore', 'CONTRIBUTING.md', '.github/workflows/perf.yml'])
    assert.equal(text('all', file), template(file), file);
  assert.equal(text('all/README.md').replace(/^# .*/, ''), template('README.md').replace(/^# .*/, ''));
  for (const { path, dockerfile } of all.implementations)
    assert.equal(text('all', path, dockerfile), template(`${path}/${dockerfile}`));
});

test('a directory with anything in it is refused once and clearly, and stays as it was', async () => {
  const taken = join(workspace.directory, 'taken');
  mkdirSync(taken);
  writeFileSync(join(taken, 'mine'), 'x');
  for (const args of [['taken'], ['taken', '--dry-run']]) {
    const { code, stdout, stderr } = await init(...args);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(
      stderr,
      /^found files in \S+taken, wanted an empty or absent directory \[directory-not-empty\]\n {2}hint: .*\n$/,
    );
  }
  assert.deepEqual(filesBelow(taken), ['mine']);
  const { code, stderr } = await init('new', '--impl', 'node-fastfy');
  assert.equal(code, 2);
  assert.match(stderr, /no implementation "node-fastfy"[\s\S]*Did you mean node-fastify\?/);
  assert.ok(!existsSync(join(workspace.directory, 'new')));
});

test('--dry-run lists the files and writes none; an empty working directory is taken', async () => {
  const dry = await init('dry', '--dry-run');
  assert.equal(dry.code, 0, dry.stderr);
  assert.ok(!existsSync(join(workspace.directory, 'dry')));
  const listed = dry.stdout
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .map((line) => line.trim());

  const cwd = join(workspace.directory, 'Here <b>*');
  mkdirSync(cwd);
  const here = await runTool(workspace, ['init', '.', '--type', 'discord-webhook'], { cwd });
  assert.equal(here.code, 0, here.stderr);
  assert.deepEqual(filesBelow(cwd), listed.sort());
  assert.equal(readFileSync(join(cwd, 'README.md'), 'utf8').split('\n')[0], '# Here &lt;b&gt;\\*');
});
