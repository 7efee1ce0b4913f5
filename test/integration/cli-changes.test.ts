import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RunMetadata, ServiceTypeResults } from '../../src/domain/run.ts';
import { type Ended, filesBelow, git, newWorkspace, readJson, runTool } from '../helpers/cli.ts';
import { manifestOf, NAMES, placeThree } from '../helpers/three-implementations.ts';

const workspace = newWorkspace();
let repository = '';
let commit = '';

before(() => {
  repository = placeThree(workspace);
  commit = git(repository, 'rev-parse', 'HEAD');
});
after(() => workspace.remove());

const run = (...args: readonly string[]) => runTool(workspace, args, { cwd: repository });
const undo = () => {
  git(repository, 'reset', '-q', '--hard', commit);
  git(repository, 'clean', '-q', '-f', '-d');
};
const append = (path: string, text: string) => appendFileSync(join(repository, path), text);

async function changed(...args: readonly string[]): Promise<Record<string, string | false>> {
  const { code, stdout, stderr } = await run('discover', '--format', 'json', '--config', 'perf.yaml', ...args);
  assert.equal(code, 0, stderr);
  const listed = JSON.parse(stdout) as { name: string; changed: boolean; reason: string }[];
  assert.deepEqual(
    listed.map(({ name }) => name),
    [...NAMES],
    'in the order of the manifest',
  );
  return Object.fromEntries(listed.map((one) => [one.name, one.changed && one.reason]));
}

test('discover tells what has changed since a commit, in every format', async () => {
  append('implementations/beta/server.js', '\n// Another one.\n');
  append('README.md', 'More.\n');
  try {
    assert.deepEqual(await changed('--changed-since', 'main'), {
      alpha: false,
      beta: 'implementations/beta/server.js changed',
      gamma: false,
    });
    const table = await run('discover', '--changed-since', 'main');
    const [head, ...rows] = table.stdout.trimEnd().split('\n');
    assert.match(head ?? '', / CHANGED$/);
    assert.deepEqual(
      rows.map((row) => /(?<= {2})(?:no|yes: .*)$/.exec(row)?.[0]),
      ['no', 'yes: implementations/beta/server.js changed', 'no'],
    );
    assert.match(table.stderr, /1 of 3 implementations changed since main/);
    const matrix = JSON.parse((await run('discover', '--changed-since', 'main', '--format', 'matrix')).stdout);
    assert.deepEqual(
      matrix.include.map(({ title }: { title: string }) => title),
      ['beta'],
    );
    const without = await run('discover');
    assert.doesNotMatch(without.stdout, /CHANGED/);
    assert.equal(without.stdout.trimEnd().split('\n').length, 4);
  } finally {
    undo();
  }
});

const cases: readonly [string, () => void, Record<string, string | false>][] = [
  [
    'documentation and workflows',
    () => {
      mkdirSync(join(repository, '.github/workflows'), { recursive: true });
      append('.github/workflows/perf.yml', 'on: push\n');
      append('README.md', 'More.\n');
    },
    { alpha: false, beta: false, gamma: false },
  ],
  [
    'a new file, and one that was removed',
    () => {
      append('implementations/alpha/new.js', '');
      rmSync(join(repository, 'implementations/gamma/Dockerfile'));
      git(repository, 'mv', 'implementations/gamma/server.js', 'implementations/gamma/main.js');
      writeFileSync(join(repository, 'implementations/gamma/Dockerfile'), 'FROM scratch\n');
    },
    {
      alpha: 'implementations/alpha/new.js changed',
      beta: false,
      gamma: 'implementations/gamma/Dockerfile and 2 more files changed',
    },
  ],
  [
    'an entry of the manifest',
    () => {
      const path = join(repository, 'manifest.yaml');
      writeFileSync(
        path,
        readFileSync(path, 'utf8').replace('- name: gamma', '- name: gamma\n    build_args: { A: 1 }'),
      );
    },
    { alpha: false, beta: false, gamma: 'its entry in manifest.yaml changed' },
  ],
];
for (const [what, make, expected] of cases) {
  test(`${what}: what that touches`, async () => {
    make();
    try {
      assert.deepEqual(await changed('--changed-since', commit), expected);
    } finally {
      undo();
    }
  });
}

const all: readonly [string, () => void, RegExp][] = [
  ['the configuration', () => append('perf.yaml', '# More.\n'), /^perf\.yaml changed$/],
  [
    'a file of the contract',
    () => {
      mkdirSync(join(repository, 'contract'));
      append('contract/openapi.yaml', 'x');
    },
    /^contract\/openapi\.yaml changed$/,
  ],
];
for (const [what, make, reason] of all) {
  test(`${what} touches all`, async () => {
    make();
    try {
      const found = await changed('--changed-since', 'main');
      for (const name of NAMES) assert.match(String(found[name]), reason);
    } finally {
      undo();
    }
  });
}

test('a configuration outside of the service repository counts too, where it has the same history', async () => {
  const outer = join(workspace.directory, 'outer');
  mkdirSync(outer);
  git(outer, 'init', '-q', '-b', 'main');
  for (const path of filesBelow(repository).filter((file) => !file.startsWith('.git/'))) {
    const target = join(outer, 'services', path);
    mkdirSync(join(target, '..'), { recursive: true });
    writeFileSync(target, readFileSync(join(repository, path)));
  }
  writeFileSync(join(outer, 'perf.yaml'), 'version: "1.0"\nservice_repositories: [{ url: services }]\n');
  git(outer, 'add', '-A');
  git(outer, 'commit', '-qm', 'one');
  const listed = async () => {
    const args = ['discover', '--format', 'json', '--config', 'perf.yaml', '--changed-since', 'main'];
    const { code, stdout, stderr } = await runTool(workspace, args, { cwd: outer });
    assert.equal(code, 0, stderr);
    return (JSON.parse(stdout) as { changed: boolean }[]).map((one) => one.changed);
  };
  assert.deepEqual(await listed(), [false, false, false]);
  appendFileSync(join(outer, 'services/implementations/alpha/server.js'), '\n');
  assert.deepEqual(await listed(), [true, false, false]);
  appendFileSync(join(outer, 'perf.yaml'), '\n');
  assert.deepEqual(await listed(), [true, true, true]);
});

test('a commit that is not there is the mistake of whoever named it', async () => {
  for (const command of ['discover', 'benchmark']) {
    const { code, stderr } = await run(command, '--changed-since', 'mian', '--platform', 'local');
    assert.equal(code, 2, stderr);
    assert.match(stderr, /changed since mian: \. has no such commit .*\[changed-since-unknown\]/);
  }
});

test('benchmark measures what changed, carries the rest from the baseline, and measures nothing when nothing changed', async () => {
  const small = ['--config', 'perf.yaml', '--results', '../results', '--platform', 'local'];
  const measure = (...args: readonly string[]) =>
    run('benchmark', ...small, '--iterations', '2', '--rounds', '1', '--fail-on', 'contract', ...args);
  const finished = (ended: Ended) => {
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    const id = /^run (run-\S+) finished/m.exec(ended.stdout)?.[1] ?? assert.fail(ended.stdout);
    const place = join(workspace.results, 'runs', id);
    const metadata = readJson(join(place, 'metadata.json')) as RunMetadata;
    return { id, metadata, results: readJson(join(place, 'discord-webhook/results.json')) as ServiceTypeResults };
  };
  const states = ({ implementations }: ServiceTypeResults) =>
    Object.fromEntries(
      implementations.map(({ name, state, measurement }) => [name, measurement === undefined ? state : 'measured']),
    );

  const first = finished(await measure());
  assert.deepEqual(states(first.results), { alpha: 'measured', beta: 'measured', gamma: 'measured' });
  append('implementations/beta/server.js', '\n// Another one.\n');
  const dry = await measure('--changed-since', 'main', '--dry-run');
  assert.equal(dry.code, 0, dry.stderr);
  assert.match(dry.stdout, /beta-head-/);
  assert.doesNotMatch(dry.stdout, /(?:alpha|gamma)-head-/);
  assert.match(dry.stdout, /taken over from the baseline:\n {2}alpha \(default\): unchanged since main\n {2}gamma /);

  const second = finished(await measure('--changed-since', 'main'));
  assert.deepEqual(states(second.results), { alpha: 'carried', beta: 'measured', gamma: 'carried' });
  const [alpha, beta] = second.results.implementations;
  assert.deepEqual(beta?.sides.map(({ side }) => side).toSorted(), ['base', 'head']);
  assert.match(alpha?.reason ?? '', new RegExp(`unchanged since main; numbers of run ${first.id}`));
  const before = first.results.implementations[0]?.sides.find(({ side }) => side === 'head')?.summaries;
  assert.deepEqual(alpha?.sides[0]?.summaries, before);
  const judged = second.results.comparison?.implementations.find(({ implementation }) => implementation === 'alpha');
  assert.equal(judged?.state, 'carried');

  undo();
  const third = await measure('--changed-since', 'main');
  const nothing = finished(third);
  assert.deepEqual(states(nothing.results), { alpha: 'carried', beta: 'carried', gamma: 'carried' });
  assert.match(third.stderr, /nothing is measured: nothing changed since main/);
  assert.deepEqual(nothing.metadata.failures, []);
  assert.doesNotMatch(third.stderr, /building|deploying/);
  assert.deepEqual(workspace.instances(), []);
});

test('manifests that could not be read before are no reason to fail', async () => {
  writeFileSync(join(repository, 'manifest.yaml'), 'service_type: [\n');
  git(repository, 'commit', '-qam', 'broken');
  writeFileSync(join(repository, 'manifest.yaml'), manifestOf(NAMES));
  const found = await changed('--changed-since', 'HEAD');
  for (const name of NAMES) assert.equal(found[name], 'the base has no manifest.yaml that can be read');
});
