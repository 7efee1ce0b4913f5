import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildOnce } from '../../../src/commands/build-once.ts';
import { groupOf, labelOf } from '../../../src/commands/planned-group.ts';
import { topicName } from '../../../src/commands/prepare.ts';
import type { Artifact } from '../../../src/domain/deployment.ts';
import type { Implementation } from '../../../src/domain/implementation.ts';
import type { Plan, PlannedImplementation, PlatformName } from '../../../src/domain/plan.ts';
import { TOPICS } from '../../../src/plan/gcp-setup.ts';
import type { BuildRequest } from '../../../src/ports/image-builder.ts';
import { EXAMPLE_PROFILE, exampleArtifact } from '../../helpers/example-run.ts';

const implementation = (name: string): Implementation => ({
  name,
  serviceType: 'discord-webhook',
  path: name,
  dockerfile: 'Dockerfile',
  buildArgs: {},
  supportedFeatures: [],
});

const planOf = (...items: readonly (readonly [string, string])[]) => planOn('local', ...items);

function planOn(platform: PlatformName, ...items: readonly (readonly [string, string])[]): Plan {
  const implementations = items.map(
    ([name, profile]): PlannedImplementation => ({
      implementation: implementation(name),
      repositoryRoot: '/repo',
      contractVersion: '1.0.0',
      profile: { ...EXAMPLE_PROFILE, name: profile },
      labels: {},
      services: [],
    }),
  );
  return { runId: 'run-1', platform, implementations } as unknown as Plan;
}

const namesIn = (plan: Plan) =>
  plan.implementations.map((planned) => [
    groupOf(planned, plan).profile,
    labelOf(planned, plan),
    topicName(plan, planned),
  ]);

test('with one profile nothing is named by it, also where an implementation has its own', () => {
  assert.deepEqual(namesIn(planOf(['a', 'default'], ['b', 'big'])), [
    [undefined, 'a', 'perf-run-1-a'],
    [undefined, 'b', 'perf-run-1-b'],
  ]);
});

test('with several profiles groups, labels and topics are apart', () => {
  assert.deepEqual(namesIn(planOf(['a', 'cpu1'], ['a', 'cpu2'], ['b', 'cpu1'])), [
    ['cpu1', 'a (cpu1)', 'perf-run-1-a-cpu1'],
    ['cpu2', 'a (cpu2)', 'perf-run-1-a-cpu2'],
    ['cpu1', 'b (cpu1)', 'perf-run-1-b-cpu1'],
  ]);
});

test('on Cloud Run the topic is the one of the set-up, whatever the run: services may publish to no other', () => {
  const plan = planOn('cloudrun', ['a', 'cpu1'], ['a', 'cpu2']);
  const topics = new Set(plan.implementations.map((planned) => topicName(plan, planned)));
  assert.deepEqual([...topics], ['perf-discord-webhook']);
  for (const topic of topics) assert.ok(TOPICS.includes(topic), topic);
});

test('the same source is built once, even at the same time; another side or tree by itself', async () => {
  const asked: BuildRequest[] = [];
  const builder = buildOnce(
    {
      unavailable: async () => undefined,
      build: async (request): Promise<Artifact> => {
        asked.push(request);
        if (request.label === 'fails') throw new Error('no');
        return exampleArtifact(String(asked.length));
      },
    },
    8,
  );
  const request = (label: string, repositoryRoot = '/repo') => ({
    implementation: implementation('a'),
    repositoryRoot,
    label,
  });
  const [one, two] = await Promise.all([builder.build(request('r/head')), builder.build(request('r/head'))]);
  assert.equal(one, two);
  assert.notEqual(await builder.build(request('r/base')), one);
  assert.notEqual(await builder.build(request('r/head', '/tree')), one);
  for (let time = 0; time < 2; time += 1) await assert.rejects(builder.build(request('fails')));
  assert.equal(asked.length, 4);
});

test('no more builds at a time than there are CPUs, whatever becomes of them', async () => {
  let building = 0;
  let most = 0;
  const builder = buildOnce(
    {
      unavailable: async () => undefined,
      build: async ({ label }): Promise<Artifact> => {
        building += 1;
        most = Math.max(most, building);
        await new Promise(setImmediate);
        building -= 1;
        if (label === 'r/2') throw new Error('no');
        return exampleArtifact(label);
      },
    },
    2,
  );
  const labels = Array.from({ length: 6 }, (_, index) => `r/${index}`);
  const outcomes = await Promise.allSettled(
    labels.map((label) => builder.build({ implementation: implementation('a'), repositoryRoot: '/repo', label })),
  );
  assert.deepEqual([most, outcomes.filter(({ status }) => status === 'rejected').length], [2, 1]);
});
