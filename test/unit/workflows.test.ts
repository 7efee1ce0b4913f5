import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { jobsOf, needsOf, parseWorkflow, stepsOf } from '../helpers/workflow-file.ts';
import { calledBy, RULES } from '../helpers/workflow-rules.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const OURS = globSync('.github/workflows/*.yml', { cwd: ROOT }).sort();
const TEMPLATES = globSync('template-service-repo/.github/workflows/*.yml', { cwd: ROOT }).sort();
const FILES = [...OURS, ...TEMPLATES].map((path) => parseWorkflow(path, read(path)));
const fileOf = (path: string) => FILES.find((file) => file.path === path) ?? assert.fail(`found no ${path}`);
const PERF = fileOf('.github/workflows/perf.yml');
const called = (name: string) => FILES.find(({ path }) => path === `.github/workflows/${name}`);

suite('every workflow keeps every rule', () => {
  assert.ok(OURS.length >= 5 && TEMPLATES.length >= 7, `found ${OURS.length} and ${TEMPLATES.length} workflows`);
  for (const file of FILES) {
    test(file.path, () => {
      const problems = Object.entries(RULES).flatMap(([name, rule]) =>
        rule(file, called).map((problem) => `${name}: ${problem}`),
      );
      assert.deepEqual(problems, []);
    });
  }
});

const SHA = 'a'.repeat(40);
const expression = (text: string) => `$\{{ ${text} }}`;

test('one version of each action in all workflows', () => {
  const found = FILES.flatMap(({ text }) => [...text.matchAll(/uses: ([\w./-]+)@([0-9a-f]{40} # v\S+)/g)]);
  const versions = Map.groupBy(found, ([, action = '']) => action.split('/').slice(0, 2).join('/'));
  const several = [...versions].filter(([, uses]) => new Set(uses.map(([, , version]) => version)).size > 1);
  assert.ok(versions.size >= 6);
  assert.deepEqual(
    several.map(([action]) => action),
    [],
  );
});

test('ci.yml runs every linter there is, and its one gate waits for all jobs', () => {
  const ci = fileOf('.github/workflows/ci.yml');
  const runs = stepsOf(ci).map(({ step }) => step.run ?? '');
  const linters = globSync('.ci/lint-*', { cwd: ROOT });
  assert.ok(linters.length >= 2);
  assert.deepEqual(
    linters.filter((linter) => !runs.includes(linter)),
    [],
  );
  const all = jobsOf(ci).map(([name]) => name);
  assert.deepEqual(
    all.filter((name) => name !== 'ci-ok').sort(),
    needsOf(ci.jobs['ci-ok'] ?? assert.fail('found no job ci-ok')).toSorted(),
  );
});

suite('perf.yml', () => {
  test('asks its callers for no more than reading, an identity token, and comments', () => {
    const wanted = jobsOf(PERF).flatMap(([, { permissions }]) => Object.entries(permissions as object));
    const most = Object.fromEntries(wanted.filter(([, level]) => level === 'write' || level === 'read').sort(byLevel));
    assert.deepEqual(most, { contents: 'read', 'id-token': 'write', 'pull-requests': 'write' });
  });

  test('every input and output says what it is', () => {
    const { inputs = {}, outputs = {}, secrets = {} } = PERF.on.workflow_call ?? {};
    const described = Object.entries({ ...inputs, ...outputs, ...secrets });
    assert.ok(described.length > 25);
    assert.deepEqual(
      described.filter(([, { description = '' }]) => description.length < 10),
      [],
    );
  });

  test('cancels outdated runs of a pull request, and no others', () => {
    const { group, 'cancel-in-progress': cancel } = PERF.concurrency as Record<string, string>;
    // A caller that has the same group would wait for itself for ever.
    assert.match(group ?? '', /^cloudrun-perf \$\{\{ inputs\.name \}\}/);
    assert.match(group ?? '', /github\.run_id \}\}$/);
    assert.equal(cancel, expression("github.event_name == 'pull_request'"));
  });

  test('the matrix is neither cut nor stopped by one failure, and a job is named for a reader', () => {
    const bench = PERF.jobs.bench as unknown as {
      readonly name: string;
      readonly strategy: Readonly<Record<string, unknown>>;
    };
    assert.equal(bench.name, expression('matrix.title'));
    assert.equal(bench.strategy['fail-fast'], false);
    assert.equal(bench.strategy.matrix, expression('fromJSON(needs.discover.outputs.matrix)'));
  });

  test('every job checks out the commit that was approved', () => {
    const checkouts = stepsOf(PERF).filter(({ step: { uses = '' } }) => uses.startsWith('actions/checkout@'));
    assert.deepEqual(
      new Set(checkouts.map(({ step }) => step.with?.ref)),
      new Set([expression('inputs.head-sha || inputs.ref')]),
    );
    assert.deepEqual(
      checkouts.map(({ job }) => job),
      ['discover', 'bench', 'idle', 'report', 'cleanup'],
    );
  });

  test('the job that waits for idleness comes between those that measure and the report, also when some of these failed', () => {
    const { idle, report } = PERF.jobs;
    assert.ok(idle !== undefined && report !== undefined);
    assert.deepEqual(
      [needsOf(idle), needsOf(report)],
      [
        ['discover', 'bench'],
        ['discover', 'bench', 'idle'],
      ],
    );
    assert.match(String((idle as { readonly if?: string }).if), /!cancelled\(\).*outputs\.idle != ''.*'failure'/s);
    assert.match(String((report as { readonly if?: string }).if), /!cancelled\(\)/);
    const steps = idle.steps ?? [];
    const tool = steps.find(({ uses }) => uses === '$/')?.with;
    assert.deepEqual([tool?.command, tool?.shard], ['benchmark', expression('needs.discover.outputs.idle')]);
    // What it stores must land where the report looks for shards, and must not replace those of the other jobs.
    const upload = steps.find(({ uses = '' }) => uses.startsWith('actions/upload-artifact@'))?.with;
    assert.match(String(upload?.path), /\/shards\/\$\{\{ needs\.discover\.outputs\.idle \}\}\*$/);
    assert.match(String(upload?.name), /\.shard\.\$\{\{ needs\.discover\.outputs\.idle \}\}$/);
  });

  test('the cleanup knows the baseline that this very run has stored', () => {
    const { cleanup, report } = PERF.jobs;
    assert.deepEqual(needsOf(cleanup ?? assert.fail('found no job cleanup')), ['discover', 'bench', 'report']);
    const step = (job: typeof report, action: string) =>
      job?.steps?.find(({ uses = '' }) => uses.startsWith(`actions/${action}@`));
    const saved = step(report, 'cache/save')?.with;
    const { path, key, ...more } = step(cleanup, 'cache/restore')?.with ?? {};
    assert.deepEqual([path, key], [saved?.path, saved?.key]);
    assert.deepEqual(more, {}, 'an older one would take the place of that which the run was compared with');
    const order = cleanup?.steps?.map(({ uses = '' }) => uses.replace(/@.*/, '')) ?? [];
    assert.ok(order.indexOf('actions/download-artifact') < order.indexOf('actions/cache/restore'));
    assert.ok(order.indexOf('actions/cache/restore') < order.indexOf('$/'));
  });

  const script = PERF.jobs.discover?.steps?.[0]?.run ?? '';
  const good = { EVENT: 'pull_request', NAME: 'perf', REF: '', PULL_REQUEST: '', HEAD_SHA: '' };
  const calls: readonly [name: string, env: Partial<typeof good>, status: number][] = [
    ['a pull request', {}, 0],
    ['a commit of our own', { EVENT: 'workflow_dispatch', REF: 'main' }, 0],
    ['an approved commit', { EVENT: 'issue_comment', PULL_REQUEST: '12', HEAD_SHA: SHA }, 0],
    ['pull_request_target', { EVENT: 'pull_request_target' }, 1],
    ['workflow_run', { EVENT: 'workflow_run' }, 1],
    ['a name that leaves its place', { NAME: '../perf' }, 1],
    ['a name with a dot, which separates the parts of artifact names', { NAME: 'perf.shard' }, 1],
    ['a pull request without the approved commit', { PULL_REQUEST: '12' }, 1],
    ['a branch in place of the approved commit', { PULL_REQUEST: '12', HEAD_SHA: 'main' }, 1],
    ['an approved commit without its pull request', { HEAD_SHA: SHA }, 1],
    ['another commit than the approved one', { PULL_REQUEST: '12', HEAD_SHA: SHA, REF: 'main' }, 1],
    ['a number that is none', { PULL_REQUEST: '12; true', HEAD_SHA: SHA }, 1],
  ];
  for (const [name, env, status] of calls) {
    test(`called with ${name}: ${status === 0 ? 'goes on' : 'is refused'}`, () => {
      const ended = bash(script, { ...good, ...env });
      assert.equal(ended.status, status, ended.stdout);
      assert.equal(ended.stdout.includes('::error'), status !== 0);
    });
  }
});

suite('perf-label.yml', () => {
  const [step] = fileOf('template-service-repo/.github/workflows/perf-label.yml').jobs.start?.steps ?? [];
  const env = { GH_REPO: 'o/r', BRANCH: 'main', SENDER: 'somebody', PULL_REQUEST: '12', HEAD_SHA: SHA };
  for (const [permission, starts] of [
    ['admin', true],
    ['write', true],
    ['read', false],
    ['none', false],
    ['', false],
  ] as const) {
    test(`a label set with the permission "${permission}" ${starts ? 'starts' : 'does not start'} a run`, () => {
      const place = mkdtempSync(join(tmpdir(), 'cloudrun-perf-gh-'));
      try {
        const gh = join(place, 'gh');
        writeFileSync(gh, `#!/bin/sh\necho "$@" >>'${place}/calls'\n[ "$1" = api ] && echo '${permission}'\nexit 0\n`);
        chmodSync(gh, 0o755);
        const ended = bash(step?.run ?? '', { ...env, PATH: `${place}:${process.env.PATH}` });
        assert.equal(ended.status, starts ? 0 : 1, ended.stderr);
        const calls = readFileSync(join(place, 'calls'), 'utf8').trim().split('\n');
        assert.equal(calls[0], 'api repos/o/r/collaborators/somebody/permission --jq .permission');
        const started = `workflow run perf-command.yml --ref main --raw-field pull-request=12 --raw-field head-sha=${SHA}`;
        assert.deepEqual(calls.slice(1), starts ? [started] : []);
      } finally {
        rmSync(place, { recursive: true, force: true });
      }
    });
  }
});

suite('what we tell service owners to write', () => {
  const blocks = ['README.md', 'docs/workflows.md'].flatMap((path) =>
    [...read(path).matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => ({ path, text })),
  );
  const callers = blocks.filter(({ text }) => /^on:/m.test(text) && /^jobs:/m.test(text));
  test('README.md and docs/workflows.md show a workflow', () => {
    assert.deepEqual([...new Set(callers.map(({ path }) => path))], ['README.md', 'docs/workflows.md']);
  });
  for (const [index, { path, text }] of callers.entries()) {
    test(`${path}, workflow ${index + 1}: short, and its calls fit`, () => {
      assert.ok(text.trimEnd().split('\n').length <= 20, 'wanted at most 20 lines');
      const file = parseWorkflow(`template-service-repo/${path}`, text);
      const { callsFit, actionInputsExist, outputsExist } = RULES;
      const problems = [callsFit, actionInputsExist, outputsExist].flatMap((rule) => rule?.(file, called) ?? []);
      assert.deepEqual(problems, []);
    });
  }
  test("the template's caller is short too", () => {
    const { text } = fileOf('template-service-repo/.github/workflows/perf.yml');
    assert.ok(text.trimEnd().split('\n').length <= 20);
  });
  test('the comment workflow waits for the workflow that is there', () => {
    const { on, jobs } = fileOf('template-service-repo/.github/workflows/perf-comment.yml');
    const waited = (on.workflow_run as { readonly workflows?: readonly string[] }).workflows;
    const names = TEMPLATES.map((path) => /^name: (.*)$/m.exec(read(path))?.[1]);
    assert.deepEqual(waited, ['perf']);
    assert.ok(names.includes('perf'));
    assert.equal(calledBy(jobs.comment ?? {}), 'comment.yml');
    const artifact = called('comment.yml')?.on.workflow_call?.inputs?.artifact as { readonly default?: string };
    const uploaded = stepsOf(PERF).map(({ step }) => step.with?.name);
    assert.ok(uploaded.includes(artifact.default?.replace('perf', expression('inputs.name'))));
  });
});

/** As the runner runs a script. */
function bash(script: string, env: Readonly<Record<string, string>>) {
  const all = { PATH: process.env.PATH ?? '', ...env };
  return spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], { env: all, encoding: 'utf8' });
}

function byLevel(a: readonly unknown[], b: readonly unknown[]): number {
  return ['none', 'read', 'write'].indexOf(String(a[1])) - ['none', 'read', 'write'].indexOf(String(b[1]));
}
