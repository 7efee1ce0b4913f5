import assert from 'node:assert/strict';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CLI_COMMANDS } from '../../src/config/cli-usage.ts';
import { filesBelow, git, newWorkspace, placeRepository, runTool } from '../helpers/cli.ts';

const workspace = newWorkspace();
let repository = '';
let manifest = '';

before(() => {
  repository = placeRepository(workspace, 'pipeline', 'right');
  manifest = readFileSync(join(repository, 'manifest.yaml'), 'utf8');
  symlinkSync('/etc', join(repository, 'implementations/outside'));
  git(repository, 'init', '-q', '-b', 'main');
  git(repository, 'add', '-A');
  git(repository, 'commit', '-qm', 'one');
});
after(() => workspace.remove());

/** Each runs, says exactly what is wrong on standard error, ends with 2, and has started and written nothing. */
const MISTAKES: readonly (readonly [what: string, args: readonly string[], says: readonly RegExp[]])[] = [
  ['an unknown command', ['benchmrk'], [/no command "benchmrk"/, /Did you mean benchmark\?/]],
  ['an unknown flag', ['benchmark', '--sute', 'quick'], [/no flag "--sute"/, /Did you mean --suite\?/]],
  ['an unknown implementation', ['benchmark', '--impl', 'rigt'], [/no implementation "rigt"/, /Did you mean right\?/]],
  [
    'an unknown profile',
    ['benchmark', '--profile', 'default,small'],
    [/no deployment profile "small"; found are default/],
  ],
  ['a sweep of nothing', ['benchmark', '--profile', 'sweep'], [/found no sweep in the configuration/, /hint: /]],
  ['an unknown vector', ['validate', '--vector', 'pign'], [/has no vector "pign"/, /Did you mean "ping"\?/]],
  [
    'a ref that is an option',
    ['benchmark', '--baseline', 'git:--upload-pack=x'],
    [/--baseline is "git:--upload-pack=x"/],
  ],
  [
    'a ref that is not there',
    ['benchmark', '--baseline', 'git:nope'],
    [/baseline git:nope: .* no such commit/, /hint: /],
  ],
  [
    'a bucket that cannot be one',
    ['benchmark', '--results', 'gs://No Bucket/x'],
    [/--results is "gs:\/\/No Bucket\/x"; wanted is a directory or gs:\/\/bucket\/prefix/],
  ],
  ['a cloud without a project', ['benchmark', '--platform', 'cloudrun'], [/needs a Google Cloud project, found none/]],
  ['a manifest that is not there', ['discover', '--manifest', 'nope'], [/found no directory .*nope/, /hint: /]],
  ['a URL with a password', ['validate', '--url', 'http://a:hunter2@b'], [/--url contains credentials/]],
  ['a configuration that is not there', ['discover', '--config', 'nope.yaml'], [/cannot read .*nope\.yaml \(ENOENT\)/]],
];

const BOMB = `a: &a [x, x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
service_type: *d
`;
const MANIFESTS: readonly (readonly [what: string, change: (text: string) => string, says: RegExp])[] = [
  [
    'path traversal',
    (text) => text.replace('implementations/right', '../../etc'),
    /:6:11: found "..\/..\/etc" at .*wanted a relative path/,
  ],
  [
    'an absolute path',
    (text) => text.replace('implementations/right', '/etc'),
    /:6:11: found "\/etc" at .*wanted a relative path/,
  ],
  [
    'a link to outside',
    (text) => text.replace('implementations/right', 'implementations/outside'),
    /:6:11: found no directory/,
  ],
  [
    'a duplicate name',
    (text) => text.replace('name: hangs', 'name: right'),
    /:21:11: found a second implementation named "right", the first is in line 5/,
  ],
  [
    'an unknown key',
    (text) => text.replace('language:', 'langage:'),
    /:7:5: unknown key "langage" .*wanted name, path, [\s\S]*Did you mean "language"\?/,
  ],
  [
    'a name that Cloud Run refuses',
    (text) => text.replace('name: right', 'name: Right_1'),
    /:5:11: found "Right_1" at .*wanted a name that Cloud Run accepts/,
  ],
  [
    'an unknown feature',
    (text) => text.replace('root-alias', 'root-alia'),
    /found feature "root-alia" .*[\s\S]*Did you mean "root-alias"\?/,
  ],
  ['a bomb of aliases', () => BOMB, /alias/i],
];

const CONFIGURATIONS: readonly (readonly [what: string, text: string, says: RegExp])[] = [
  ['an unknown key', 'version: "1.0"\nbenchmarks: {}\n', /:2:1: unknown key "benchmarks"[\s\S]*benchmark/],
  [
    'a variable that is not set',
    `version: "1.0"\ngcp:\n  project_id: \${NOPE_PROJECT}\n`,
    /:3:15: .*NOPE_PROJECT is not set/,
  ],
];

describe('mistakes are told before anything starts', { concurrency: 2 }, () => {
  for (const [what, args, says] of MISTAKES) {
    const place = args.includes('--manifest') || args.length < 2 ? args : [...args, '--manifest', 'repo'];
    test(what, () => refused(place, says));
  }
  for (const [index, [what, change, says]] of MANIFESTS.entries()) {
    test(`manifest: ${what}`, async () => {
      writeFileSync(join(repository, `wrong-${index}.yaml`), change(manifest));
      await refused(['benchmark', '--manifest', `repo/wrong-${index}.yaml`], [says, /repo\/wrong-\d\.yaml:/]);
    });
  }
  for (const [index, [what, text, says]] of CONFIGURATIONS.entries()) {
    test(`configuration: ${what}`, async () => {
      writeFileSync(join(workspace.directory, `wrong-${index}.yaml`), text);
      await refused(['benchmark', '--manifest', 'repo', '--config', `wrong-${index}.yaml`], [says, /wrong-\d\.yaml:/]);
    });
  }
});

async function refused(args: readonly string[], says: readonly RegExp[]): Promise<void> {
  const { code, stdout, stderr } = await runTool(workspace, args);
  assert.equal(code, 2, stderr);
  for (const wanted of says) assert.match(stderr, wanted);
  assert.equal(stdout, '');
  assert.doesNotMatch(stderr, /hunter2|\n\s+at /);
  assert.deepEqual(filesBelow(workspace.state), []);
  assert.deepEqual(filesBelow(workspace.results), []);
  assert.deepEqual(workspace.instances(), []);
}

test('the program and its commands explain themselves', async () => {
  const all = await runTool(workspace, ['--help']);
  assert.equal(all.code, 0);
  for (const command of CLI_COMMANDS) assert.match(all.stdout, new RegExp(`^  ${command} {2,}\\S`, 'm'));
  const one = await runTool(workspace, ['benchmark', '--help']);
  assert.equal(one.code, 0);
  assert.match(one.stdout, /^cloudrun-perf benchmark: [\s\S]* --suite <suite>/);
});
