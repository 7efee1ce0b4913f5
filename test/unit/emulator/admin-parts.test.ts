import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyMask, inputOf } from '../../../src/emulator/admin/field-mask.ts';
import { parseLocation, parseRevisionName, parseServiceName } from '../../../src/emulator/admin/names.ts';
import { pageOf } from '../../../src/emulator/admin/paging.ts';
import { parseCpu, parseMemory } from '../../../src/emulator/admin/quantity.ts';
import { revisionSpec } from '../../../src/emulator/admin/revision-spec.ts';
import { sameTemplate } from '../../../src/emulator/admin/service-record.ts';
import { timestampOf } from '../../../src/emulator/admin/times.ts';
import { seededRandom, weightedRoute } from '../../../src/emulator/admin/weighted-route.ts';

const location = { project: 'p', region: 'r' };

test('an update mask takes over exactly the named fields', () => {
  const current = {
    labels: { a: '1' },
    description: 'old',
    scaling: { scalingMode: 'MANUAL', manualInstanceCount: 2 },
  };
  const given = { labels: { b: '2' }, scaling: { manualInstanceCount: 0 } };
  const cases: readonly (readonly [readonly string[], object])[] = [
    [[], given],
    [['*'], given],
    [['labels'], { ...current, labels: { b: '2' } }],
    [['description'], { labels: current.labels, scaling: current.scaling }],
    [['scaling.manual_instance_count'], { ...current, scaling: { scalingMode: 'MANUAL', manualInstanceCount: 0 } }],
    [['invoker_iam_disabled'], current],
  ];
  for (const [paths, expected] of cases) assert.deepEqual(applyMask(current, given, paths), expected, paths.join());
  for (const path of ['nonsense', 'uri', 'name', 'etag', '__proto__.x']) {
    assert.throws(() => applyMask(current, given, [path]), /Invalid update_mask/, path);
  }
  assert.throws(() => applyMask({ traffic: [] }, given, ['traffic.percent']), /repeated field/);
  assert.deepEqual(inputOf({ name: 'n', etag: 'e', uri: 'u', labels: {} }), { labels: {} });
});

test('names are parsed for one location only', () => {
  assert.equal(parseServiceName('name', 'projects/p/locations/r/services/s', location), 's');
  assert.deepEqual(parseRevisionName('name', 'projects/p/locations/r/services/s/revisions/v', location), {
    service: 's',
    revision: 'v',
  });
  const refused: readonly (readonly [string | undefined, RegExp])[] = [
    [undefined, /Invalid resource name in parent: ''/],
    ['projects/p', /Expected the form 'projects\/\{project\}\/locations\/\{location\}'/],
    ['projects/p/locations/-', /wildcard/],
    ['projects//locations/r', /Invalid resource name/],
    ['projects/q/locations/r', /serves projects\/p\/locations\/r/],
    ['projects/p/locations/x', /Permission denied/],
  ];
  for (const [name, expected] of refused) assert.throws(() => parseLocation('parent', name, location), expected, name);
});

test('pages cover a list once, and a token belongs to its query', () => {
  const items = [1, 2, 3, 4, 5];
  const seen: number[] = [];
  let token: string | undefined;
  do {
    const page = pageOf(items, 'q', 2, token);
    seen.push(...page.items);
    token = page.nextPageToken;
  } while (token !== '');
  assert.deepEqual(seen, items);
  assert.equal(pageOf(items, 'q', 0, '').items.length, 5);
  const other = pageOf(items, 'q', 2, undefined).nextPageToken;
  assert.throws(() => pageOf(items, 'other', 2, other), /Invalid page_token/);
  assert.throws(() => pageOf(items, 'q', 2, 'garbage'), /Invalid page_token/);
  assert.throws(() => pageOf(items, 'q', -1, undefined), /page_size/);
});

test('quantities', () => {
  const cpus: readonly (readonly [string, number | undefined])[] = [
    ['1', 1],
    ['0.5', 0.5],
    ['1500m', 1.5],
    ['', undefined],
    ['1 ', undefined],
    ['-1', undefined],
    ['1e3', undefined],
  ];
  for (const [text, expected] of cpus) assert.equal(parseCpu(text), expected, text);
  const memories: readonly (readonly [string, number | undefined])[] = [
    ['512Mi', 512 * 2 ** 20],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['2G', 2e9],
    ['1024', 1024],
    ['1T', undefined],
    ['Mi', undefined],
  ];
  for (const [text, expected] of memories) assert.equal(parseMemory(text), expected, text);
});

test('templates are compared by meaning', () => {
  const template = {
    revision: 's-1',
    containers: [{ image: 'x', resources: { cpuIdle: true, limits: { cpu: '1' } } }],
  };
  const sameThing = {
    containers: [{ resources: { limits: { cpu: '1' }, cpuIdle: true }, image: 'x', args: [] }],
    revision: 's-1',
    sessionAffinity: false,
    timeout: undefined,
  } as unknown as typeof template;
  assert.ok(sameTemplate(template, sameThing));
  assert.ok(!sameTemplate(template, { ...template, revision: 's-2' }));
  assert.ok(!sameTemplate(template, { ...template, containers: [{ image: 'x', args: ['a'] }] }));
});

test('traffic follows the percents and is the same for the same seed', () => {
  const shares = [
    { revision: 'a', percent: 70 },
    { revision: 'b', percent: 30 },
    { revision: 'c', percent: 0 },
  ];
  const draw = () => {
    const route = weightedRoute(shares, seededRandom(7));
    return Array.from({ length: 10_000 }, route);
  };
  const drawn = draw();
  const share = (name: string) => drawn.filter((one) => one === name).length / drawn.length;
  assert.deepEqual(draw(), drawn);
  assert.ok(Math.abs(share('a') - 0.7) < 0.02, `${share('a')}`);
  assert.equal(share('c'), 0);
  assert.equal(weightedRoute([{ revision: 'a', percent: 0 }], Math.random)(), undefined);
});

test('a template becomes a revision of the data plane', () => {
  const spec = revisionSpec(
    's',
    's-1',
    {
      timeout: { seconds: '30', nanos: 500_000_000 },
      scaling: { minInstanceCount: 1, maxInstanceCount: 3 },
      maxInstanceRequestConcurrency: 5,
      containers: [
        {
          image: 'i',
          args: ['x'],
          env: [{ name: 'A', value: '1' }, { name: 'B' }],
          resources: { limits: { cpu: '500m', memory: '1Gi' } },
          ports: [{ name: 'h2c' }],
          startupProbe: {
            httpGet: {},
            periodSeconds: 2,
            timeoutSeconds: 1,
            failureThreshold: 4,
            initialDelaySeconds: 3,
          },
          livenessProbe: { grpc: {}, periodSeconds: 30 },
        },
      ],
    },
    () => undefined,
  );
  assert.deepEqual(spec, {
    service: 's',
    name: 's-1',
    image: 'i',
    command: [],
    args: ['x'],
    env: { A: '1', B: '' },
    secrets: {},
    containerPort: 8080,
    portName: 'h2c',
    cpu: 0.5,
    memoryBytes: 2 ** 30,
    concurrency: 5,
    minInstances: 1,
    maxInstances: 3,
    timeoutMs: 30_500,
    startupProbe: {
      kind: 'http',
      path: '/',
      initialDelayMs: 3000,
      timeoutMs: 1000,
      periodMs: 2000,
      failureThreshold: 4,
    },
    livenessProbe: { kind: 'grpc', initialDelayMs: 0, timeoutMs: 1000, periodMs: 30_000, failureThreshold: 3 },
  });
  assert.deepEqual(timestampOf(1_700_000_000_123.456), { seconds: '1700000000', nanos: 123_456_000 });
});
