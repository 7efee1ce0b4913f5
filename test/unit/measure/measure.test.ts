import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Side } from '../../../src/domain/deployment.ts';
import { InfrastructureError } from '../../../src/domain/errors.ts';
import type { LoadDriver } from '../../../src/measure/load-driver.ts';
import { measureImplementation } from '../../../src/measure/measure.ts';
import { runnerLoad } from '../../../src/measure/runner-load.ts';
import { scheduleSamples, spareTags } from '../../../src/measure/schedule.ts';
import {
  type Behaviour,
  FakeCloud,
  fakeDeployment,
  fakeProtocol,
  fakeSettings,
} from '../../helpers/fake-measure-ports.ts';

const tagsOf = (side: Side, count: number) => Array.from({ length: count }, (_, index) => `${side}-${index}`);

interface Setup {
  readonly sides?: readonly Side[];
  readonly spares?: number;
  readonly settings?: Partial<typeof fakeSettings>;
}

function run(behaviours: Readonly<Record<string, Behaviour>>, setup: Setup = {}, signal?: AbortSignal) {
  const cloud = new FakeCloud(behaviours);
  const settings = { ...fakeSettings, ...setup.settings };
  const count = settings.samplesPerRound * settings.rounds + (setup.spares ?? 2);
  const services = (setup.sides ?? ['head']).map((side) => ({ side, tags: tagsOf(side, count) }));
  const input = {
    deployments: services.map(({ side, tags }) => fakeDeployment(side, tags)),
    schedule: scheduleSamples(services, settings, 1),
    settings,
    protocol: fakeProtocol,
    retakeTags: spareTags(services, settings),
  };
  return { cloud, measured: measureImplementation(input, cloud.ports, signal) };
}

/** The same behaviour for every revision of head. */
const everywhere = (behaviour: Behaviour) => Object.fromEntries(tagsOf('head', 8).map((tag) => [tag, behaviour]));

test('both sides, interleaved: proven cold starts with their phases, warm blocks with their numbers', async () => {
  const { measured, cloud } = run({}, { sides: ['base', 'head'] });
  const { samples, dropped, audit, durationMs } = await measured;
  assert.equal(samples.length, 8);
  assert.deepEqual([dropped, audit], [[], []]);
  assert.ok(durationMs > 8 * 307);
  assert.equal(cloud.progress.length, 8);
  for (const { cold, warm, stratum } of samples) {
    assert.equal(stratum, 'fresh-revision');
    assert.deepEqual(
      { ...cold, proof: cold.proof.proven },
      { ttfbMs: 307, totalMs: 307, status: 200, scheduleMs: 5, startupMs: 300, responseMs: 2, proof: true },
    );
    assert.equal(warm?.void, undefined);
    assert.deepEqual([warm?.requests, warm?.p50Ms, warm?.errors], [20, 2, {}]);
    // Two connections, 2 ms an answer: Little's law.
    assert.equal(warm?.requestsPerSecond, 1000);
  }
  assert.deepEqual(
    samples.map(({ order }) => order),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
  assert.equal(new Set(samples.map(({ cold }) => cold.proof.instanceId)).size, 8);
});

for (const { title, behaviour, reason } of [
  {
    title: 'an instance left by the deploy',
    behaviour: { deployTimeInstance: true },
    reason: /started by DEPLOYMENT_ROLLOUT/,
  },
  {
    title: 'an instance started by hand',
    behaviour: { startReason: 'MANUAL_SCALING' },
    reason: /started by MANUAL_SCALING/,
  },
  { title: 'a stranger that came first', behaviour: { strangerFirst: true }, reason: /another request had reached/ },
  { title: 'a silent log', behaviour: { logSilent: true }, reason: /the log says nothing about the revision: unknown/ },
  { title: 'a log that comes far too late', behaviour: { logDelayMs: 60_000 }, reason: /unknown/ },
] as const) {
  test(`${title} is no cold start: dropped, counted, retaken on a spare`, async () => {
    const { samples, dropped } = await run({ 'head-1': behaviour }).measured;
    assert.equal(samples.length, 4);
    assert.equal(dropped.length, 1);
    assert.equal(dropped[0]?.tag, 'head-1');
    assert.match(dropped[0]?.reason ?? '', reason);
    assert.ok(samples.some(({ tag }) => tag === 'head-4'));
    assert.ok(samples.every(({ cold }) => cold.ttfbMs === 307));
  });
}

test('an instance id that has answered before is not cold', async () => {
  const { samples, dropped } = await run({ 'head-0': { instanceId: 'same' }, 'head-1': { instanceId: 'same' } })
    .measured;
  assert.equal(samples.length, 4);
  assert.match(dropped[0]?.reason ?? '', /instance same had answered in this run before/);
});

test('a line that comes after the proof is seen by a second look: dropped, counted, retaken', async () => {
  // Of a second start at the same time; the warm block of 13 ms is over long before the line can be read.
  const { samples, dropped } = await run({ 'head-1': { lateTwinMs: 380 } }).measured;
  assert.equal(samples.length, 4);
  assert.equal(dropped.length, 1);
  assert.equal(dropped[0]?.tag, 'head-1');
  assert.match(dropped[0]?.reason ?? '', /after a second look: 2 instances were started at once/);
  assert.ok(samples.every(({ tag }) => tag !== 'head-1'));
});

test('late lines of the log are awaited', async () => {
  const { samples, dropped } = await run(everywhere({ logDelayMs: 1_500 })).measured;
  assert.equal(samples.length, 4);
  assert.deepEqual(dropped, []);
});

test('without spares a lost sample stays missing: nothing of another stratum takes its place', async () => {
  const { samples, dropped } = await run({ 'head-1': { deployTimeInstance: true } }, { spares: 0 }).measured;
  assert.deepEqual([samples.length, dropped.length], [3, 1]);
});

test('retakes cost at most half as much again', async () => {
  // Of four scheduled two are lost for good: the budget is two, and every second spare is lost, too.
  const lost = { deployTimeInstance: true } as const;
  const behaviours = { 'head-0': lost, 'head-1': lost, 'head-2': lost, 'head-4': lost };
  const { samples, dropped } = await run(behaviours, { spares: 8 }).measured;
  assert.equal(samples.length + dropped.length, 6);
});

test('an instance change inside the block voids the sample', async () => {
  const { samples, dropped } = await run({ 'head-1': { changeAt: 15 } }).measured;
  assert.equal(samples.length, 4);
  assert.match(dropped[0]?.reason ?? '', /warm block void: instance instance-\d+ was started inside the block/);
});

test('a void block without a spare keeps the cold start and stays marked', async () => {
  const { samples, dropped, audit } = await run({ 'head-1': { changeAt: 15 } }, { spares: 0 }).measured;
  assert.deepEqual([samples.length, dropped.length], [4, 0]);
  const marked = samples.filter(({ warm }) => warm?.void !== undefined);
  assert.deepEqual(
    marked.map(({ tag, cold }) => [tag, cold.proof.proven]),
    [['head-1', true]],
  );
  assert.match(audit.join(), /void and could not be retaken/);
});

test('few wrong answers are counted by kind and not timed; many void the block', async () => {
  const settings = { warm: { warmupRequests: 4, requests: 400, connections: 2 } };
  const warm = (n: number) => (n === 50 ? 500 : n === 60 ? 'wrong' : n === 70 ? 'reset' : undefined);
  const { samples } = await run(everywhere({ warm }), { settings }).measured;
  const [block] = samples.map((sample) => sample.warm);
  assert.deepEqual(block?.errors, { 'status 500': 1, 'wrong answer': 1, reset: 1 });
  assert.equal(block?.void, undefined);
  assert.ok(Math.abs((block?.requestsPerSecond ?? 0) - (397 / 400) * 1000) < 1e-6);
  const often = (n: number) => (n % 10 === 9 ? ('wrong' as const) : undefined);
  const { dropped } = await run({ 'head-1': { warm: often } }, { settings }).measured;
  assert.match(dropped[0]?.reason ?? '', /40 of 400 answers were not correct: wrong answer x 40/);
});

test('the warm-up goes on for the time asked, in whole helpings, and is not timed', async () => {
  const settings = { warm: { warmupRequests: 4, warmupMs: 50, requests: 20, connections: 2 } };
  const { samples } = await run(everywhere({}), { settings }).measured;
  const [block] = samples.map((sample) => sample.warm);
  // Two connections answer 1000 times a second in all on the simulated clock.
  assert.deepEqual([block?.warmupRequests, block?.requests], [52, 20]);
});

test('a service that stalls under load ends the block early and, in the end, the implementation', async () => {
  const { measured, cloud } = run(everywhere({ warm: () => 'timeout' }), { spares: 4 });
  await assert.rejects(measured, (error: unknown) => {
    assert.ok(error instanceof InfrastructureError);
    assert.equal(error.code, 'measure-timeout');
    assert.match(
      error.message,
      /head \(head\): 3 samples in a row were lost, .*4 of 4 answers were not correct: timeout x 4/,
    );
    return true;
  });
  assert.deepEqual([...cloud.served.values()], [4, 4, 4]);
});

test('a service that dies inside the block costs a few timeouts, not all', async () => {
  const warm = (n: number) => (n < 8 ? undefined : ('timeout' as const));
  const { measured, cloud } = run(everywhere({ warm }), { spares: 4 });
  await assert.rejects(measured, /measure-void|5 samples in a row were lost.*10 errors in a row, the last: timeout/);
  assert.ok(Math.max(...cloud.served.values()) <= 19);
});

for (const { title, behaviour, code, message } of [
  {
    title: 'no answer',
    behaviour: { coldFailure: 'timeout' },
    code: 'measure-timeout',
    message: /no answer within 10000 ms/,
  },
  { title: 'nobody listens', behaviour: { coldFailure: 'refused' }, code: 'measure-refused', message: /refused/ },
  { title: 'only 503', behaviour: { coldStatus: 503 }, code: 'measure-status-503', message: /status 503, wanted 200/ },
] as const) {
  test(`${title}: three in a row end the implementation with the reason`, async () => {
    const { measured, cloud } = run(everywhere(behaviour), { spares: 4 });
    await assert.rejects(measured, (error: unknown) => {
      assert.ok(error instanceof InfrastructureError);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      if (title === 'no answer')
        assert.match(error.message, /the platform says: "listen EACCES\\n\\u001b\[31mgave up"/);
      assert.ok(error.hint !== undefined);
      return true;
    });
    assert.equal(cloud.progress.length, 3);
  });
}

test('one dead revision among good ones is dropped and the rest measured', async () => {
  const { samples, dropped } = await run({ 'head-2': { coldStatus: 500 } }).measured;
  assert.equal(samples.length, 4);
  assert.deepEqual(
    dropped.map(({ reason }) => reason),
    ['cold request failed: status 500, wanted 200'],
  );
});

test('not one sample kept is an error, not an empty measurement', async () => {
  const { measured } = run(everywhere({ coldStatus: 500 }), { spares: 0, settings: { samplesPerRound: 1, rounds: 2 } });
  await assert.rejects(measured, { code: 'measure-no-samples', message: /status 500/ });
});

test('an abort ends the walk with its reason', async () => {
  const controller = new AbortController();
  const { measured, cloud } = run({}, {}, controller.signal);
  const stopped = new Error('stopped by the user');
  controller.abort(stopped);
  await assert.rejects(measured, stopped);
  assert.ok(cloud.progress.length <= 1);
});

test('a schedule for something that was not deployed is refused', async () => {
  const cloud = new FakeCloud();
  const input = {
    deployments: [fakeDeployment('head', ['head-0'])],
    schedule: [{ order: 0, round: 0, side: 'base' as const, tag: 'base-0' }],
    settings: fakeSettings,
    protocol: fakeProtocol,
  };
  await assert.rejects(
    measureImplementation(input, cloud.ports),
    /the schedule wants base base-0, which was not deployed/,
  );
});

test('on Cloud Run a round is asked, then loaded, then looked up: the log is waited for once a round', async () => {
  const steps: string[] = [];
  const cloud = new FakeCloud(everywhere({ logDelayMs: 9_000 }));
  const services = [{ side: 'head' as const, tags: tagsOf('head', 6) }];
  const [read, ask, open] = [cloud.platform.instanceLog, cloud.transport.exchange, cloud.transport.open];
  const ports = {
    ...cloud.ports,
    platform: {
      ...cloud.platform,
      name: 'cloudrun' as const,
      instanceLog: (...query: Parameters<typeof read>) => {
        steps.push('look');
        return read(...query);
      },
    },
    transport: {
      exchange: (...call: Parameters<typeof ask>) => {
        steps.push(`ask ${call[0]}`);
        return ask(...call);
      },
      open: (...call: Parameters<typeof open>) => {
        steps.push(`load ${call[0]}`);
        return open(...call);
      },
    },
  };
  const input = {
    deployments: [fakeDeployment('head', tagsOf('head', 6))],
    schedule: scheduleSamples(services, fakeSettings, 1),
    settings: { ...fakeSettings, warm: { ...fakeSettings.warm, connections: 1 } },
    protocol: fakeProtocol,
  };
  const { samples, dropped } = await measureImplementation(input, ports);
  assert.deepEqual([samples.length, dropped.length], [4, 0]);
  const shape = steps
    .map((step) => step.split(' ')[0])
    .join(' ')
    .replace(/look( look)*/g, 'look');
  assert.equal(shape, 'ask ask load load look ask ask load load look');
  const urls = (word: string) => steps.filter((step) => step.startsWith(word)).map((step) => step.split(' ')[1]);
  assert.deepEqual(urls('load'), urls('ask'));
});

test('a batch never starts more instances than may be alive, and retakes what it lost right after', async () => {
  const cloud = new FakeCloud({ 'head-1': { deployTimeInstance: true } });
  const services = [{ side: 'head' as const, tags: tagsOf('head', 8) }];
  const settings = { ...fakeSettings, instancesAtOnce: 4 };
  const alive: number[] = [];
  let started = 0;
  const ports = {
    ...cloud.ports,
    platform: {
      ...cloud.platform,
      name: 'cloudrun' as const,
      scaleToZero: async () => {
        started = 0;
        return { proven: true as const };
      },
    },
    transport: {
      ...cloud.transport,
      exchange: (...call: Parameters<typeof cloud.transport.exchange>) => {
        started += 1;
        alive.push(started);
        return cloud.transport.exchange(...call);
      },
    },
  };
  const input = {
    deployments: [fakeDeployment('head', tagsOf('head', 8))],
    schedule: scheduleSamples(services, settings, 1),
    settings,
    protocol: fakeProtocol,
    retakeTags: spareTags(services, settings),
  };
  const { samples, dropped } = await measureImplementation(input, ports);
  assert.deepEqual([samples.length, dropped.length], [4, 1]);
  assert.ok(Math.max(...alive) <= 3, String(alive));
  assert.equal(alive.length, 5);
});

test('what a load job could not record voids the block and is told', async () => {
  const cloud = new FakeCloud();
  const services = [{ side: 'head' as const, tags: tagsOf('head', 4) }];
  const runner = runnerLoad(cloud.ports);
  const load: LoadDriver = {
    from: 'job',
    tasks: 4,
    run: async (input, signal) =>
      (await runner.run(input, signal)).map((outcome) => {
        if (outcome.id === 'head-head-1') return { ...outcome, missing: '1 of 4 tasks left no recording: task 3' };
        return outcome.id === 'head-head-2' ? { id: outcome.id, missing: 'no task left a recording' } : outcome;
      }),
  };
  const measurement = await measureImplementation(
    {
      deployments: [fakeDeployment('head', tagsOf('head', 4))],
      schedule: scheduleSamples(services, fakeSettings, 1),
      settings: fakeSettings,
      protocol: fakeProtocol,
      load,
    },
    cloud.ports,
  );
  assert.deepEqual(measurement.load, { from: 'job', tasks: 4 });
  const blockOf = (tag: string) => measurement.samples.find((sample) => sample.tag === tag)?.warm;
  assert.equal(blockOf('head-1')?.void, '1 of 4 tasks left no recording: task 3');
  assert.equal(blockOf('head-2'), undefined);
  assert.equal(blockOf('head-0')?.void, undefined);
  assert.match(measurement.audit.join('\n'), /1 of 4 tasks left no recording: task 3/);
  assert.match(measurement.audit.join('\n'), /no task left a recording/);
});
