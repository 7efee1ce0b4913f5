import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Implementation, Manifest } from '../../../src/domain/implementation.ts';
import { changedImplementations } from '../../../src/plan/changes.ts';

function implementation(name: string, more: Partial<Implementation> = {}): Implementation {
  return {
    name,
    serviceType: 'discord-webhook',
    path: `implementations/${name}`,
    dockerfile: 'Dockerfile',
    buildArgs: {},
    supportedFeatures: [],
    ...more,
  };
}

function manifest(more: Partial<Manifest> = {}, ...implementations: readonly Implementation[]): Manifest {
  return { serviceType: 'discord-webhook', contractVersion: '1.0.0', implementations, ...more };
}

const A = implementation('a');
const B = implementation('b');
const HEAD = manifest({}, A, B);
const change = (
  changedFiles: readonly string[],
  head: Manifest = HEAD,
  base: Manifest | undefined = head,
  configFile?: string,
) =>
  changedImplementations({
    repository: { manifest: head, manifestPath: 'manifest.yaml' },
    changedFiles,
    ...(base === undefined ? {} : { baseManifest: base }),
    ...(configFile === undefined ? {} : { configFile }),
  });
const names = (...args: Parameters<typeof change>) => {
  const found = change(...args);
  return found.kind === 'all' ? 'all' : [...found.names.keys()];
};

const files: readonly [string, readonly string[], readonly string[]][] = [
  ['nothing', [], []],
  ['a file', ['implementations/a/main.go'], ['a']],
  ['a file deep below', ['implementations/b/src/x/y.js'], ['b']],
  ['the directory itself, as a submodule is told', ['implementations/a'], ['a']],
  ['files of both', ['implementations/a/x', 'implementations/b/x'], ['a', 'b']],
  ['a neighbour whose name begins the same', ['implementations/ab/main.go', 'implementations/a.txt'], []],
  ['its documentation', ['implementations/a/README.md'], ['a']],
  ['documentation, workflows and licence', ['README.md', 'docs/a/x.md', '.github/workflows/perf.yml', 'LICENSE'], []],
  ['the manifest, in which no entry changed', ['manifest.yaml'], []],
  ['a directory that only sounds like the contract', ['contracts/x', 'docs/contract/x'], []],
];
for (const [what, changed, expected] of files) {
  test(`${what} touches ${expected.join(' and ') || 'nothing'}`, () => assert.deepEqual(names(changed), expected));
}

test('of nested directories the innermost is touched, and of a shared one all', () => {
  const outer = implementation('outer', { path: 'services' });
  const inner = implementation('inner', { path: 'services/inner' });
  const twin = implementation('twin', { path: 'services/inner', dockerfile: 'Dockerfile.slim' });
  const nested = manifest({}, outer, inner, twin);
  assert.deepEqual(names(['services/inner/main.go'], nested), ['inner', 'twin']);
  assert.deepEqual(names(['services/main.go'], nested), ['outer']);
});

test('a repository that is one implementation is touched by its files, and not by its workflows', () => {
  const whole = manifest({}, implementation('whole', { path: '.' }), B);
  assert.deepEqual(names(['main.go'], whole), ['whole']);
  assert.deepEqual(names(['implementations/b/main.go'], whole), ['b']);
  assert.deepEqual(names(['.github/workflows/x.yml', '.cloudrun-perf/results/x.json', 'manifest.yaml'], whole), []);
});

test('a pre-built image is touched by its entry alone, unless it also runs as a process', () => {
  const image = implementation('image', { image: 'registry/x:1' });
  const both = implementation('both', { image: 'registry/x:1', local: { run: ['x'], requires: [] } });
  const head = manifest({}, image, both);
  assert.deepEqual(names(['implementations/image/x', 'implementations/both/x'], head), ['both']);
  const newer = manifest({}, { ...image, image: 'registry/x:2' }, both);
  assert.deepEqual(names(['manifest.yaml'], newer, head), ['image']);
});

const entries: readonly [string, Partial<Implementation>][] = [
  ['build arguments', { buildArgs: { VERSION: '2' } }],
  ['path', { path: 'implementations/moved' }],
  ['dockerfile', { dockerfile: 'Dockerfile.slim' }],
  ['features', { supportedFeatures: ['pubsub-publish'] }],
  ['local command', { local: { run: ['node', 'x'], requires: [] } }],
  ['image', { image: 'registry/x:1' }],
];
for (const [what, more] of entries) {
  test(`another ${what} in the manifest touches that implementation`, () => {
    assert.deepEqual(names(['manifest.yaml'], manifest({}, { ...A, ...more }, B), HEAD), ['a']);
    assert.deepEqual(names(['manifest.yaml'], HEAD, manifest({}, A, { ...B, ...more })), ['b']);
  });
}

test('what is new is touched, what was removed or moved in the list touches nothing', () => {
  const added = change(['manifest.yaml'], manifest({}, A, B, implementation('c')), HEAD);
  assert.deepEqual(added, { kind: 'some', names: new Map([['c', 'it is new']]) });
  assert.deepEqual(names(['manifest.yaml'], manifest({}, A), HEAD), []);
  assert.deepEqual(names(['manifest.yaml'], manifest({}, B, A), HEAD), []);
  assert.deepEqual(
    names(
      [],
      manifest({}, { ...A, buildArgs: { x: '1', y: '2' } }),
      manifest({}, { ...A, buildArgs: { y: '2', x: '1' } }),
    ),
    [],
  );
});

const all: readonly [string, ReturnType<typeof change>, string][] = [
  ['the contract', change(['README.md', 'contract/openapi.yaml']), 'contract/openapi.yaml changed'],
  ['more of it', change(['contract/a', 'contract/b', 'contract/v/c']), 'contract/a and 2 more files changed'],
  [
    'its version',
    change([], HEAD, manifest({ contractVersion: '0.9.0' }, A, B)),
    'contract_version changed from 0.9.0 to 1.0.0',
  ],
  [
    'the service type',
    change([], HEAD, manifest({ serviceType: 'other' as 'discord-webhook' }, A, B)),
    'service_type changed from other to discord-webhook',
  ],
  ['the configuration', change(['ci/perf.yaml'], HEAD, HEAD, 'ci/perf.yaml'), 'ci/perf.yaml changed'],
  [
    'a base without manifest',
    changedImplementations({ repository: { manifest: HEAD, manifestPath: 'manifest.yaml' }, changedFiles: [] }),
    'the base has no manifest.yaml that can be read',
  ],
];
for (const [what, found, reason] of all) {
  test(`${what} touches all`, () => assert.deepEqual(found, { kind: 'all', reason }));
}

test('another configuration than the one that is used touches nothing', () => {
  assert.deepEqual(names(['cloudrun-perf.yaml', 'ci/perf.yaml'], HEAD, HEAD, 'ci/perf-2.yaml'), []);
  assert.deepEqual(names(['cloudrun-perf.yaml']), []);
});

test('reasons are told in words, and hostile names harmlessly', () => {
  const found = change(['implementations/a/x\n::set-output name=a::b', 'implementations/b/1', 'implementations/b/2']);
  assert.deepEqual(found, {
    kind: 'some',
    names: new Map([
      ['a', 'implementations/a/x\\n::set-output name=a::b changed'],
      ['b', 'implementations/b/1 and 1 more file changed'],
    ]),
  });
  const endless = change([`implementations/a/${'x'.repeat(5000)}`]);
  const long = endless.kind === 'all' ? endless.reason : endless.names.get('a');
  assert.ok((long ?? assert.fail()).length < 200);
});
