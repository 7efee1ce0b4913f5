import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanup } from '../../src/commands/cleanup.ts';
import type { Ports } from '../../src/commands/ports.ts';
import type { CleanupRequest } from '../../src/config/request.ts';
import type { Resource } from '../../src/domain/resources.ts';
import { EXPIRY_LABEL, ownedLabels, ownerLabel, RUN_LABEL } from '../../src/plan/naming.ts';
import type { DeployedJob } from '../../src/ports/job-runner.ts';
import type { DeployedService } from '../../src/ports/platform.ts';
import { filesBelow, readJson } from '../helpers/cli.ts';
import { EXAMPLE_PROFILE } from '../helpers/example-run.ts';
import { openStage, type RunningRun, SILENT_LOGGER, type Stage } from '../helpers/killed-run/stage.ts';
import { createMemoryStore } from '../helpers/memory-store.ts';
import { RESULT_SCHEMAS } from '../helpers/result-schemas.ts';

const OWNER = 'org/services';
const HOUR_MS = 3_600_000;
/** Only against a run that hangs. */
const DEADLINE_MS = 240_000;

/** Services that share the project: labels that are ours in all but one thing. */
const OTHERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  unlabelled: {},
  'of-another-owner': { ...ownedLabels('org/other'), [EXPIRY_LABEL]: '1000000000' },
  // Written with the same letters.
  'of-a-similar-owner': { ...ownedLabels('org-services/x'), [EXPIRY_LABEL]: '1000000000' },
  'of-an-owner-without-us': { 'perf-owner': ownerLabel(OWNER), [EXPIRY_LABEL]: '1000000000' },
  'managed-by-us-for-nobody': { 'managed-by': 'cloudrun-perf', [EXPIRY_LABEL]: '1000000000' },
  'managed-by-another': { ...ownedLabels(OWNER), 'managed-by': 'terraform', [EXPIRY_LABEL]: '1000000000' },
  'ours-lives-longer': { ...ownedLabels(OWNER), [EXPIRY_LABEL]: String(Math.ceil(Date.now() / 1000) + 7 * 86_400) },
};

interface View {
  readonly run: RunningRun;
  /** Services and jobs of the run that the emulator has. */
  services(): Promise<readonly DeployedService[]>;
  jobs(): Promise<readonly DeployedJob[]>;
  /** Jobs of everybody that have a task now, each as often as it has one. */
  tasks(): readonly string[];
  readonly metadata: Record<string, { readonly created: Resource[]; readonly removed: Resource[] } | undefined>;
}

const says = (wanted: RegExp) => (view: View) => wanted.test(view.run.said());
const services = (number: number) => async (view: View) => (await view.services()).length === number;
const created = (number: number) => (view: View) => (view.metadata.resources?.created.length ?? 0) >= number;
const isJob = ({ kind }: Resource) => kind === 'job';
const stored = (name: string) => (view: View) => filesBelow(view.run.results).some((path) => path.endsWith(name));
const removed = (number: number) => (view: View) => (view.metadata.resources?.removed.length ?? 0) >= number;

type Point = readonly [name: string, reached: (view: View) => boolean | Promise<boolean>, leavesServices: boolean];
/** Where the run is killed: what it had said, stored or deployed by then, as seen from outside. Both sides are made at once. */
const POINTS: readonly Point[] = [
  ['its metadata is stored', stored('metadata.json'), false],
  ['it builds the head', says(/building head/), false],
  ['the service of the head is written down', created(1), false],
  ['it deploys the head', says(/deploying head/), false],
  ['the service of the head exists', services(1), true],
  ['revision 2 of the head', says(/"right-head-\w+","revision":2,"of":4/), true],
  ['revision 4 of the head', says(/"right-head-\w+","revision":4,"of":4/), true],
  ['it builds the base', says(/building base/), false],
  ['the service of the base is written down', created(2), false],
  ['it deploys the base', says(/deploying base/), false],
  ['both services exist', services(2), true],
  ['revision 2 of the base', says(/"right-base-\w+","revision":2,"of":4/), true],
  ['revision 4 of the base', says(/"right-base-\w+","revision":4,"of":4/), true],
  ['the contract is checked', says(/contract \d+ of \d+ vectors passed/), true],
  ['it begins to measure', says(/measuring right \(1 of 1\)/), true],
  ['sample 1', says(/sample 1 of 4/), true],
  ['sample 4', says(/sample 4 of 4/), true],
  ['its results are stored', stored('results.json'), false],
  ['the first service is removed', removed(1), false],
  ['all services are removed', removed(2), false],
  ['the report is stored', stored('report.json'), false],
];

/** The same where the load comes from a job. */
const JOB_POINTS: readonly Point[] = [
  ['its job is written down', ({ metadata }) => metadata.resources?.created.some(isJob) ?? false, true],
  ['its job exists', async (view) => (await view.jobs()).length === 1, true],
  ['tasks of its job run', async (view) => (await view.jobs()).some(({ name }) => view.tasks().includes(name)), true],
  ['its job is removed', ({ metadata }) => metadata.resources?.removed.some(isJob) ?? false, false],
];

describe('a run that is killed leaves nothing that cleanup does not find', () => {
  let stage: Stage;
  const left = { services: 0, jobs: 0 };
  let tasksSeen = 0;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  const ofRun = (runId: string) => stage.platform.list({ [RUN_LABEL]: runId });
  const jobsOf = async (labels: Readonly<Record<string, string>>) => (await stage.platform.jobs?.list(labels)) ?? [];

  async function sweep(request: Partial<CleanupRequest>, nowMs = Date.now()) {
    const printed: string[] = [];
    const ports: Partial<Ports> = {
      platform: async () => stage.platform,
      store: createMemoryStore(),
      schemas: RESULT_SCHEMAS as Ports['schemas'],
      logger: SILENT_LOGGER,
      clock: { epochMs: () => nowMs } as Ports['clock'],
      tool: { version: '0', driver: '', cpus: 2, owner: OWNER },
      stopLeftovers: async () => [],
      print: (text) => void printed.push(text),
    };
    const whole: CleanupRequest = { command: 'cleanup', verbose: false, dryRun: false, all: false, ...request };
    const { exitCodes } = await cleanup(whole, 'cloudrun', ports as Ports, new AbortController().signal);
    return { exitCodes, text: printed.join('') };
  }

  function viewOf(run: RunningRun): View {
    const path = join(run.results, 'runs', run.runId, 'metadata.json');
    let metadata: View['metadata'] = {};
    try {
      metadata = existsSync(path) ? readJson(path) : {};
    } catch {
      // Just being replaced.
    }
    const jobs = () => jobsOf({ [RUN_LABEL]: run.runId });
    return { run, services: () => ofRun(run.runId), jobs, tasks: () => stage.running().tasks, metadata };
  }

  before(async () => {
    for (const [name, labels] of Object.entries(OTHERS)) {
      const tags = ['check'];
      const { image } = stage;
      await stage.platform.deploy({ name, image, profile: EXAMPLE_PROFILE, env: {}, labels, tags });
      const size = { cpu: '1', memory: '512Mi', taskTimeoutMs: 60_000 };
      await stage.platform.jobs?.deploy({ name: `job-${name}`, image, labels, env: {}, ...size });
    }
  });

  describe('at any point', { concurrency: 2 }, () => {
    const points = [
      ...POINTS.map((point) => ({ point, load: 'runner' }) as const),
      ...JOB_POINTS.map((point) => ({ point, load: 'job' }) as const),
    ];
    assert.ok(points.length >= 20);
    for (const [index, { point, load }] of points.entries()) {
      const [name, reached, leavesServices] = point;
      test(`killed when ${name}`, async () => {
        const runId = `run-20261121-1300${String(index).padStart(2, '0')}-bcdfgh`;
        const run = stage.start(runId, OWNER, load);
        try {
          for (const end = performance.now() + DEADLINE_MS; ; await sleep(10)) {
            if (await reached(viewOf(run))) break;
            assert.ok(!run.isOver(), `it ended before:\n${run.said()}`);
            assert.ok(performance.now() < end, `not reached in time:\n${run.said()}`);
          }
        } finally {
          await run.kill();
        }
        // What was asked for before the kill comes to its end in the cloud.
        await sleep(300);
        const found = await ofRun(runId);
        const jobs = await jobsOf({ [RUN_LABEL]: runId });
        tasksSeen += stage.running().tasks.filter((job) => jobs.some(({ name }) => name === job)).length;
        if (leavesServices) assert.ok(found.length > 0, 'nothing is left: this point proves nothing');
        // Every other one by its name; the rest is for the sweeper below.
        if (index % 2 === 1) {
          left.services += found.length;
          left.jobs += jobs.length;
          return;
        }
        const { exitCodes, text } = await sweep({ run: runId });
        assert.deepEqual(exitCodes, []);
        assert.equal(text.match(/^removed service /gm)?.length ?? 0, found.length, text);
        assert.equal(text.match(/^removed job /gm)?.length ?? 0, jobs.length, text);
        assert.deepEqual([await ofRun(runId), await jobsOf({ [RUN_LABEL]: runId })], [[], []]);
        assert.equal((await sweep({ run: runId })).text, 'nothing to remove\n', 'again, nothing happens');
      });
    }
  });

  test('the sweeper takes what is old and expired of all runs, and nothing of anybody else', async () => {
    const names = Object.keys(OTHERS);
    const all = await stage.platform.list({});
    assert.ok(left.services > 10, `${left.services} services were left to be swept`);
    assert.ok(left.jobs > 0, 'no job was left to be swept');
    assert.ok(tasksSeen > 0, 'no task outlived its run');
    assert.equal(all.length, left.services + names.length);
    assert.equal((await jobsOf({})).length, left.jobs + names.length);

    const now = await sweep({ olderThanMs: 24 * HOUR_MS });
    assert.doesNotMatch(now.text, /^removed/m);
    assert.match(now.text, /^left service right-head-\w+: it is not old enough$/m);
    const young = await sweep({ olderThanMs: 0 });
    assert.doesNotMatch(young.text, /^removed/m);
    assert.match(young.text, /^left service right-head-\w+: it has not expired$/m);
    assert.match(young.text, /^left job perf-load-\w+: it has not expired$/m);

    const tomorrow = await sweep({ olderThanMs: 24 * HOUR_MS }, Date.now() + 25 * HOUR_MS);
    assert.deepEqual(tomorrow.exitCodes, []);
    assert.equal(tomorrow.text.match(/^removed service right-(?:head|base)-/gm)?.length, left.services);
    assert.equal(tomorrow.text.match(/^removed job perf-load-/gm)?.length, left.jobs);
    const sorted = (found: readonly { readonly name: string }[]) => found.map(({ name }) => name).sort();
    assert.deepEqual(sorted(await stage.platform.list({})), names.toSorted());
    assert.deepEqual(sorted(await jobsOf({})), names.map((name) => `job-${name}`).sort());
    assert.deepEqual(stage.running(), { instances: [], tasks: [] }, 'nor does anything of theirs run on');
    const everything = await sweep({ all: true });
    assert.deepEqual(everything.text.trimEnd().split('\n').sort(), [
      'removed job job-ours-lives-longer',
      'removed service ours-lives-longer',
    ]);
    assert.equal((await stage.platform.list({})).length, names.length - 1);
    assert.equal((await jobsOf({})).length, names.length - 1);
  });
});
