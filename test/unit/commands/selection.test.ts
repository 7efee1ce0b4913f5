import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { baselineFromText, baselineOf, baselineText, isInPlace } from '../../../src/commands/change-base.ts';
import { plannedItems } from '../../../src/commands/planned-items.ts';
import type { Ports } from '../../../src/commands/ports.ts';
import { type ChangeSelection, selectForChange } from '../../../src/commands/selection.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import type { BaselineChoice, ChangeOptions } from '../../../src/config/request.ts';
import type { Selection, ServiceRepository } from '../../../src/domain/implementation.ts';
import { parseManifest } from '../../../src/manifest/parse.ts';
import { saveBaseline } from '../../../src/results/runs.ts';
import { createMemoryStore } from '../../helpers/memory-store.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';

const schema = (name: string): object =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../../contracts/schemas/${name}.schema.json`), 'utf8'));
const SCHEMAS = { ...RESULT_SCHEMAS, manifest: schema('manifest'), config: schema('config') };
const MANIFEST = `service_type: discord-webhook
contract_version: 1.0.0
implementations:
  - { name: go, path: go, language: go }
  - { name: js, path: js, language: javascript }
`;
const BASE = 'a'.repeat(40);
const HEAD = 'b'.repeat(40);
const NONE: Selection = { types: [], languages: [], frameworks: [], implementations: [] };
const SIGNAL = new AbortController().signal;
const configOf = (text = 'version: "1.0"\n') => loadConfig({ text, env: {}, flags: {} }, SCHEMAS);

function repository(root: string, more: Partial<ServiceRepository> = {}): ServiceRepository {
  const manifest = parseManifest({ text: MANIFEST, file: 'manifest.yaml' }, SCHEMAS);
  return { source: root, root, manifestPath: 'manifest.yaml', manifest, ...more };
}

const HERE = repository('/work');
const REMOTE = repository('/cache/x', { source: 'https://example.com/services.git' });
const REMOTE_NAMES = ['remote-go', 'remote-js'];

interface World {
  /** What has changed, by root; no entry: the base is not known there. */
  readonly changed?: Readonly<Record<string, readonly string[]>>;
  readonly pullRequest?: boolean;
  readonly baseCommits?: Readonly<Record<string, string>>;
}

function portsOf({ changed = {}, pullRequest = true, baseCommits = {} }: World): Ports {
  const change = { number: 7, open: true, headSha: HEAD, headRepository: 'a/b', baseSha: BASE };
  const fake = {
    workingDirectory: '/work',
    schemas: SCHEMAS,
    store: createMemoryStore(),
    ...(pullRequest ? { job: { pullRequest: change } } : {}),
    sources: {
      baseOf: async (root: string, asked: object) => {
        assert.equal(asked, change);
        return changed[root] === undefined ? undefined : (baseCommits[root] ?? BASE);
      },
      changedFiles: async (root: string) => changed[root],
      treeAt: async (root: string) => (changed[root] === undefined ? undefined : { root: `${root}@base` }),
    },
    contractMajors: async () => [1],
    fileTree: (root: string) => ({ root, read: async () => MANIFEST }),
  };
  return fake as unknown as Ports;
}

const select = (
  world: World,
  repositories: readonly ServiceRepository[],
  request: Partial<ChangeOptions & { selection: Selection }> = {},
  config: Config = configOf(),
) => selectForChange({ all: false, selection: NONE, ...request }, repositories, config, portsOf(world), SIGNAL);

const namesOf = (list: ChangeSelection['measured']) =>
  list.map((one) => `${one.repository === REMOTE ? 'remote-' : ''}${one.implementation.name}`);
const summary = ({ measured, carried }: ChangeSelection) => [namesOf(measured), namesOf(carried)];

const cases: readonly [string, Promise<ChangeSelection>, readonly string[], readonly string[], RegExp][] = [
  [
    'a change here',
    select({ changed: { '/work': ['go/main.go'] } }, [HERE]),
    ['go'],
    ['js'],
    /^1 of 2 implementations changed since a{12}$/,
  ],
  [
    'a change here beside a remote',
    select({ changed: { '/work': ['go/main.go'], '/cache/x': ['go/x'] } }, [HERE, REMOTE]),
    ['go'],
    ['js', ...REMOTE_NAMES],
    /^1 of 4 implementations changed/,
  ],
  ['nothing but remotes', select({}, [REMOTE]), REMOTE_NAMES, [], /^no service repository is checked out here$/],
  [
    'a base that is not known here',
    select({}, [HERE]),
    ['go', 'js'],
    [],
    /^the base of the pull request is not known here: everything is measured$/,
  ],
  [
    'one repository whose base is known and one whose is not',
    select({ changed: { '/work': ['go/x'] } }, [HERE, repository('/beside')]),
    ['go', 'go', 'js'],
    ['js'],
    /^3 of 4 implementations changed since/,
  ],
  [
    'no pull request',
    select({ pullRequest: false }, [HERE, REMOTE]),
    ['go', 'js', ...REMOTE_NAMES],
    [],
    /^there is no/,
  ],
  ['all', select({ changed: { '/work': [] } }, [HERE], { all: true }), ['go', 'js'], [], /^everything was asked for$/],
  [
    'named ones',
    select({ changed: { '/work': [] } }, [HERE], { selection: { ...NONE, implementations: ['js'] } }),
    ['js'],
    [],
    /^these implementations were asked for$/,
  ],
  [
    'a named commit goes before all, and before names',
    select({ changed: { '/work': ['go/x'] } }, [HERE], {
      changedSince: 'main',
      all: true,
      selection: { ...NONE, implementations: ['go', 'js'] },
    }),
    ['go'],
    ['js'],
    /^1 of 2 implementations changed since main$/,
  ],
  [
    'a named commit without a pull request',
    select({ pullRequest: false, changed: { '/work': ['go/x', 'js/x'] } }, [HERE], { changedSince: 'main' }),
    ['go', 'js'],
    [],
    /^2 of 2 implementations changed since main$/,
  ],
  [
    'a named commit of a remote',
    select({ changed: { '/cache/x': ['go/x'] } }, [REMOTE], { changedSince: 'main' }),
    ['remote-go'],
    ['remote-js'],
    /^1 of 2/,
  ],
  [
    'by language, what is not selected is neither measured nor carried',
    select({ changed: { '/work': [] } }, [HERE], { selection: { ...NONE, languages: ['go'] } }),
    [],
    ['go'],
    /^nothing changed since a{12}$/,
  ],
  [
    "the configuration's filter, whose names are no request",
    select(
      { changed: { '/work': [] } },
      [HERE],
      {},
      configOf('version: "1.0"\nbenchmark: { filter: { implementations: [js] } }\n'),
    ),
    [],
    ['js'],
    /^nothing changed/,
  ],
  [
    'the contract',
    select({ changed: { '/work': ['contract/openapi.yaml'] } }, [HERE]),
    ['go', 'js'],
    [],
    /^contract\/openapi\.yaml changed: everything is measured$/,
  ],
  [
    'the default configuration, though it was removed',
    select({ changed: { '/work': ['cloudrun-perf.yaml'] } }, [HERE]),
    ['go', 'js'],
    [],
    /^cloudrun-perf\.yaml changed: everything is measured$/,
  ],
];
for (const [what, found, measured, carried, reason] of cases) {
  test(what, async () => {
    const selection = await found;
    assert.deepEqual(summary(selection), [measured, carried]);
    assert.match(selection.reason, reason);
  });
}

test('each one has its reason', async () => {
  const { measured, carried } = await select({ changed: { '/work': ['go/main.go'] } }, [HERE, REMOTE]);
  assert.deepEqual(
    [...measured, ...carried].map(({ reason }) => reason),
    [
      'go/main.go changed',
      `unchanged since ${'a'.repeat(12)}`,
      'its repository is not part of the change',
      'its repository is not part of the change',
    ],
  );
});

test('a commit that was named and is not there is refused', async () => {
  await assert.rejects(select({}, [HERE], { changedSince: 'main' }), { code: 'changed-since-unknown' });
  const zeros = await select({}, [HERE], { changedSince: '0'.repeat(40) });
  assert.equal(zeros.measured.length, 2);
});

test('which repositories are worked on in place', () => {
  for (const [more, expected] of [
    [{}, true],
    [{ source: '../services', root: '/services' }, true],
    [{ source: 'file:///work/', root: '/work' }, true],
    [{ source: 'file:///work', root: '/cache/x' }, false],
    [{ source: 'file:///%zz', root: '/work' }, false],
    [{ ref: 'v1' }, false],
    [{ source: 'https://example.com/x.git' }, false],
    [{ source: 'ssh://git@example.com/x.git' }, false],
    [{ source: 'git@example.com:x.git' }, false],
  ] as const)
    assert.equal(isInPlace(repository('/work', more)), expected, JSON.stringify(more));
});

test('the baseline of a pull request without a stored one is its base, where that is one commit of all', async () => {
  const latest: BaselineChoice = { kind: 'latest' };
  const all = { '/work': [], '/beside': [] };
  const beside = repository('/beside');
  const other = { '/beside': 'c'.repeat(40) };
  for (const [what, world, repositories, expected] of [
    ['one', { changed: all }, [HERE], `git:${BASE}`],
    ['two', { changed: all }, [HERE, beside], `git:${BASE}`],
    ['two that differ', { changed: all, baseCommits: other }, [HERE, beside], 'latest'],
    ['one with a remote', { changed: all }, [HERE, REMOTE], 'latest'],
    ['one that is not known', {}, [HERE], 'latest'],
    ['no pull request', { changed: all, pullRequest: false }, [HERE], 'latest'],
  ] as const) {
    const ports = portsOf(world);
    const { bases } = await selectForChange({ all: true, selection: NONE }, repositories, configOf(), ports, SIGNAL);
    assert.equal(baselineText(await baselineOf(latest, repositories, bases, ports)), expected, what);
    assert.deepEqual(await baselineOf({ kind: 'none' }, repositories, bases, ports), { kind: 'none' });
    await saveBaseline(
      ports.store,
      { format: 'baseline/1', updatedAt: '2026-11-21T12:00:00Z', serviceTypes: {} },
      RESULT_SCHEMAS,
    );
    assert.deepEqual(await baselineOf(latest, repositories, bases, ports), latest, `${what}, with a stored one`);
  }
  for (const text of ['latest', 'none', 'git:main', 'run-20261121-124800-x7k2q9'])
    assert.equal(baselineText(baselineFromText(text)), text);
});

test('a profile sweep multiplies, and one profile gives way to an own one', () => {
  const config = configOf(`version: "1.0"
deployment_profiles: { small: { cpu: "1" }, big: { cpu: "2" } }
implementations: { go: { profile: big } }
`);
  const selected = HERE.manifest.implementations.map((implementation) => ({ repository: HERE, implementation }));
  const found = (...profiles: readonly string[]) =>
    plannedItems(selected, profiles, config).map(({ item }) => `${item.type} ${item.implementation} ${item.profile}`);
  assert.deepEqual(found(), ['discord-webhook go big', 'discord-webhook js default']);
  assert.deepEqual(found('small', 'big'), [
    'discord-webhook go small',
    'discord-webhook go big',
    'discord-webhook js small',
    'discord-webhook js big',
  ]);
  assert.throws(() => found('smal'), { code: 'unknown-profile' });
});
