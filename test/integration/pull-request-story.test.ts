import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import { NO_BUNDLE, runStep, type Step, type StepOptions } from '../helpers/action-step.ts';
import { filesBelow, git, newWorkspace, TEMPLATE } from '../helpers/cli.ts';
import { type GitHubFake, JOB_TOKEN, startGitHubFake } from '../helpers/github-fake.ts';

const REPOSITORY = 'org/service';
const FORK = 'mallory/service';
const NAMES = ['alpha', 'beta', 'gamma'] as const;
/** Two sides of eight: enough to be sure of a slowdown that is many times what a right service takes. */
const SMALL = { iterations: '4', rounds: '2' };
const UNTOUCHED = { locked: false, author: 'octocat', labels: [] };
const FORK_TOKEN = 'ghs_forkReadOnly0123456789';

const workspace = newWorkspace();
const repository = join(workspace.directory, 'checkout');
const server = (name: string) => join(repository, 'implementations', name, 'server.js');
const right = readFileSync(join(TEMPLATE, 'implementations/node-http/server.js'), 'utf8');
// A wait, not work: it is as long on a slow machine as on a fast one.
const SLOW = `await new Promise((resolve) => setTimeout(resolve, 600));\n${right}`;
const WRONG = right.replace("refusal(401, 'invalid request signature')", '[200, PONG]');

let github: GitHubFake;
let base = '';
let runs = 0;

before(async () => {
  for (const name of NAMES)
    cpSync(join(TEMPLATE, 'implementations/node-http'), join(repository, 'implementations', name), { recursive: true });
  writeFileSync(
    join(repository, 'manifest.yaml'),
    `service_type: discord-webhook
contract_version: 1.0.0
implementations:
${NAMES.map(
  (name) => `  - name: ${name}
    path: implementations/${name}
    language: javascript
    supported_features: [signature-validation, pubsub-publish, root-alias, reject-future-timestamps]
    local: { run: [node, server.js], requires: [node] }
`,
).join('')}`,
  );
  writeFileSync(
    join(repository, 'cloudrun-perf.yaml'),
    // Effects so large that the noise of a busy machine is none of them: verdicts are what this test is not about.
    `version: "1.0"
benchmark: { warm_requests: { count: 40, concurrency: 2 } }
emulator: { runtime: process }
thresholds: { cold-ttfb: { minimum_effect: 1 }, warm-p50: { minimum_effect: 3 }, warm-rps: { minimum_effect: 3 } }
`,
  );
  git(repository, 'init', '-q', '-b', 'main');
  commit('base');
  base = git(repository, 'rev-parse', 'HEAD');
  github = await startGitHubFake({
    repository: REPOSITORY,
    tokens: {
      [JOB_TOKEN]: {
        login: 'github-actions[bot]',
        permissions: { pullRequests: 'write', issues: 'none', actions: 'read', contents: 'read' },
      },
      [FORK_TOKEN]: { login: 'github-actions[bot]', permissions: { pullRequests: 'read', contents: 'read' } },
    },
  });
});
after(async () => {
  await github?.close();
  workspace.remove();
});

function commit(message: string): string {
  git(repository, 'add', '-A');
  git(repository, 'commit', '-qm', message);
  return git(repository, 'rev-parse', 'HEAD');
}

/** What actions/checkout leaves for a pull request: GitHub's test merge of its head into the base. */
function checkOutMerge(branch: string): void {
  git(repository, 'checkout', '-q', '--detach', 'main');
  git(repository, 'merge', '-q', '--no-ff', '-m', 'merge', branch);
}

/** A push to a branch of the pull request; gives the new head. */
function push(branch: string, change: () => void, from = branch): string {
  git(repository, 'checkout', '-q', ...(from === branch ? [branch] : ['-b', branch, from]));
  change();
  return commit(`change ${branch}`);
}

const payload = (number: number, headSha: string, head: string, branch: string) => ({
  action: 'synchronize',
  number,
  repository: { full_name: REPOSITORY, default_branch: 'main' },
  pull_request: {
    number,
    state: 'open',
    title: '::set-output name=x::y',
    head: { sha: headSha, ref: branch, repo: { full_name: head } },
    base: { sha: base, ref: 'main', repo: { full_name: REPOSITORY } },
  },
});

function job(changes: Readonly<Record<string, string>> = {}): NonNullable<StepOptions['env']> {
  runs += 1;
  return {
    GITHUB_API_URL: github.apiUrl,
    GITHUB_GRAPHQL_URL: github.graphqlUrl,
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_RUN_ID: String(1000 + runs),
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_ACTOR: 'someone',
    ...changes,
  };
}

const said = ({ ended }: Step) => `${ended.stdout}\n${ended.stderr}`;
const commentOf = (number: number) => github.state.comments.filter((comment) => comment.number === number);

describe('a pull request', { skip: NO_BUNDLE, concurrency: 1 }, () => {
  const seed = { number: 7, open: true, headRepository: REPOSITORY, headBranch: 'change' };
  /** One step with no command, as `uses: org/cloudrun-perf@v1` alone has it. */
  const measure = (headSha: string, inputs: Readonly<Record<string, string>> = {}) => {
    checkOutMerge('change');
    github.state.pullRequests.set(7, { ...seed, headSha, baseSha: base, ...UNTOUCHED });
    return runStep(
      workspace,
      { ...SMALL, 'github-token': JOB_TOKEN, results: '../results', ...inputs },
      {
        env: job(),
        cwd: repository,
        event: { name: 'pull_request', payload: payload(7, headSha, REPOSITORY, 'change') },
      },
    );
  };

  test('main is measured first, and becomes the baseline', async () => {
    const step = await runStep(
      workspace,
      { ...SMALL, 'github-token': JOB_TOKEN, results: '../results' },
      {
        env: job({ GITHUB_REF: 'refs/heads/main', GITHUB_SHA: base }),
        cwd: repository,
        event: { name: 'push', payload: { repository: { full_name: REPOSITORY, default_branch: 'main' } } },
      },
    );
    assert.equal(step.ended.code, 0, said(step));
    assert.ok(filesBelow(workspace.results).includes('baselines/latest.json'));
    assert.deepEqual(github.state.comments, []);
  });

  test('a slowdown and a contract failure get one comment, and fail the check', async () => {
    const head = push(
      'change',
      () => {
        writeFileSync(server('alpha'), SLOW);
        writeFileSync(server('beta'), WRONG);
      },
      'main',
    );
    const step = await measure(head);
    assert.equal(step.ended.code, 3, said(step));
    const [comment, ...others] = commentOf(7);
    assert.deepEqual(others, []);
    const body = comment?.body ?? '';
    assert.match(body, /^<!-- cloudrun-perf report id=discord-webhook -->\n/);
    assert.match(body, /1 regression, 1 contract failure, 1 carried/, body);
    assert.match(body, /\*\*alpha starts \d+ % slower from zero\*\*/);
    assert.match(body, /\| alpha .*🔴/);
    assert.match(body, /\| beta .*🔴/);
    assert.match(body, /gamma/);
    assert.equal(
      step.outputs.get('comment-url'),
      `https://github.example/${REPOSITORY}/pull/7#issuecomment-${comment?.id}`,
    );
    assert.match(step.summary, /alpha/);
    const remarks = step.ended.stdout.split('\n').filter((line) => /^::error [^:]*file=/.test(line));
    assert.equal(remarks.length, 2, remarks.join('\n'));
    assert.ok(
      remarks.some((line) => line.includes('file=implementations/alpha/server.js')),
      remarks.join('\n'),
    );
    assert.ok(
      remarks.some((line) => line.includes('file=implementations/beta/server.js')),
      remarks.join('\n'),
    );
    assert.deepEqual(workspace.instances(), []);
  });

  test('the same with findings that shall not fail is green, with warnings', async () => {
    const head = git(repository, 'rev-parse', 'change');
    const step = await measure(head, { 'fail-on': 'never' });
    assert.equal(step.ended.code, 0, said(step));
    assert.match(step.ended.stdout, /^::warning [^:]*file=implementations\/alpha\//m);
    assert.equal(commentOf(7).length, 1);
  });

  test('a fix is pushed: the comment is edited, strikes the old findings, and nobody is notified', async () => {
    const before = commentOf(7)[0];
    const notified = github.state.notifications.length;
    const head = push('change', () => {
      for (const name of ['alpha', 'beta']) writeFileSync(server(name), `${right}// put right\n`);
    });
    const step = await measure(head);
    assert.equal(step.ended.code, 0, said(step));
    const [comment, ...others] = commentOf(7);
    assert.deepEqual(others, []);
    assert.equal(comment?.id, before?.id);
    assert.match(comment?.body ?? '', /~~[^\n]*alpha[^\n]*~~/, comment?.body);
    assert.match(comment?.body ?? '', /~~[^\n]*beta[^\n]*~~/);
    assert.doesNotMatch(comment?.body ?? '', /🔴/);
    assert.equal(github.state.notifications.length, notified);
  });

  test('documentation alone measures nothing, and says so in one line', async () => {
    const head = push('docs', () => writeFileSync(join(repository, 'README.md'), 'words\n'), 'main');
    checkOutMerge('docs');
    github.state.pullRequests.set(8, {
      ...seed,
      number: 8,
      headBranch: 'docs',
      headSha: head,
      baseSha: base,
      ...UNTOUCHED,
    });
    const step = await runStep(
      workspace,
      { ...SMALL, 'github-token': JOB_TOKEN, results: '../results' },
      { env: job(), cwd: repository, event: { name: 'pull_request', payload: payload(8, head, REPOSITORY, 'docs') } },
    );
    assert.equal(step.ended.code, 0, said(step));
    const body = commentOf(8)[0]?.body ?? '';
    assert.match(body, /nothing changed: 3 carried/);
    assert.equal(body.trim().split('\n').length, 3, 'marker, state, one line');
  });

  test('the jobs of a matrix do the same: a plan, a job each, one that publishes', async () => {
    const head = push(
      'matrix',
      () => {
        writeFileSync(server('alpha'), `${right}// another\n`);
        writeFileSync(server('beta'), WRONG);
      },
      'main',
    );
    checkOutMerge('matrix');
    github.state.pullRequests.set(10, {
      ...seed,
      number: 10,
      headBranch: 'matrix',
      headSha: head,
      baseSha: base,
      ...UNTOUCHED,
    });
    const env = job();
    const one = (inputs: Readonly<Record<string, string>>) =>
      runStep(
        workspace,
        { 'github-token': JOB_TOKEN, results: '../results', ...inputs },
        { env, cwd: repository, event: { name: 'pull_request', payload: payload(10, head, REPOSITORY, 'matrix') } },
      );
    const plan = await one({ command: 'discover' });
    assert.equal(plan.ended.code, 0, said(plan));
    const runId = plan.outputs.get('run-id') ?? '';
    const { include } = JSON.parse(plan.outputs.get('matrix') ?? '') as { include: Record<string, string>[] };
    assert.deepEqual(
      include.map(({ title }) => title),
      ['alpha', 'beta'],
    );
    for (const { shard = '', implementation = '', type = '', profile = '' } of include) {
      const inputs = { 'run-id': runId, shard, implementation, type, profile, 'fail-on': 'never' };
      const leg = await one({ ...inputs, iterations: '1', rounds: '1' });
      assert.equal(leg.ended.code, 0, said(leg));
      assert.equal(leg.summary, '', 'only the last job publishes');
    }
    assert.deepEqual(commentOf(10), []);
    const report = await one({ command: 'report', 'run-id': runId });
    assert.equal(report.ended.code, 3, said(report));
    const [comment, ...others] = commentOf(10);
    assert.deepEqual(others, []);
    assert.match(comment?.body ?? '', /1 contract failure/);
    assert.match(comment?.body ?? '', /1 carried/);
    assert.match(report.ended.stdout, /^::error [^:]*file=implementations\/beta\/server\.js/m);
    assert.match(report.summary, /beta/);
  });

  test('nothing of it asked GitHub for what it may not', () => {
    assert.deepEqual(github.unexpected, []);
    assert.deepEqual(
      github.requests.filter(({ status }) => status === 403),
      [],
    );
  });
});

describe('the pull request of a fork', { skip: NO_BUNDLE, concurrency: 1 }, () => {
  const number = 9;
  const seed = { number, open: true, headRepository: FORK, headBranch: 'main' };
  const forkResults = join(workspace.directory, 'fork-results');
  let head = '';
  let artifactRun = 0;

  test('is measured without any credential, and writes nothing', async () => {
    head = push('fork', () => writeFileSync(server('beta'), WRONG), 'main');
    checkOutMerge('fork');
    github.state.pullRequests.set(number, { ...seed, headSha: head, baseSha: base, ...UNTOUCHED });
    const asked = github.requests.length;
    const step = await runStep(
      workspace,
      // The workflow asks for the cloud for everybody: a fork gets the embedded platform all the same.
      { ...SMALL, 'github-token': FORK_TOKEN, results: forkResults, platform: 'cloudrun', 'project-id': 'my-project' },
      { env: job(), cwd: repository, event: { name: 'pull_request', payload: payload(number, head, FORK, 'main') } },
    );
    assert.equal(step.ended.code, 3, said(step));
    assert.match(step.ended.stdout, /measured on the embedded platform/);
    assert.equal(github.requests.length, asked, 'the read-only token is not even tried');
    assert.match(step.summary, /beta/, 'the job summary needs no permission');
    assert.deepEqual(
      filesBelow(forkResults).filter((path) => path.startsWith('baselines/')),
      [],
    );
    artifactRun = 1000 + runs;
  });

  const archive = (change: (path: string, text: string) => string = (_, text) => text) =>
    zipSync(
      Object.fromEntries(
        filesBelow(forkResults)
          .filter((path) => path.endsWith('.json'))
          .map((path) => [path, strToU8(change(path, readFileSync(join(forkResults, path), 'utf8')))]),
      ),
    );

  /** The workflow that runs after it, with a token that may write, and no checkout. */
  const post = (bytes: Uint8Array) => {
    github.state.artifacts.length = 0;
    github.state.runs.add(artifactRun);
    github.state.artifacts.push({
      id: github.state.nextId(),
      runId: artifactRun,
      name: 'perf.results',
      archive: bytes,
      sizeInBytes: bytes.length,
      expired: false,
    });
    const empty = join(workspace.directory, `empty-${runs}`);
    mkdirSync(empty);
    return runStep(
      workspace,
      { command: 'report', artifact: 'perf.results', 'github-token': JOB_TOKEN },
      {
        env: job(),
        cwd: empty,
        event: {
          name: 'workflow_run',
          payload: {
            action: 'completed',
            repository: { full_name: REPOSITORY, default_branch: 'main' },
            workflow_run: {
              id: artifactRun,
              run_attempt: 1,
              event: 'pull_request',
              head_sha: head,
              head_branch: 'main',
              head_repository: { full_name: FORK },
              pull_requests: [],
            },
          },
        },
      },
    );
  };

  test('an artifact that lies about its pull request is refused', async () => {
    const step = await post(archive((_, text) => text.replaceAll(`"pullRequest": ${number}`, '"pullRequest": 7')));
    assert.equal(step.ended.code, 1, said(step));
    assert.match(step.ended.stdout, /the artifact says pull request 7/);
    assert.deepEqual(commentOf(number), []);
  });

  test('an artifact that does not fit its schema is refused', async () => {
    const step = await post(archive((path, text) => (path.endsWith('/results.json') ? text.slice(0, -40) : text)));
    assert.notEqual(step.ended.code, 0);
    assert.deepEqual(commentOf(number), []);
  });

  test('its comment is posted by the workflow that runs after it', async () => {
    const step = await post(archive());
    assert.equal(step.ended.code, 0, said(step));
    const [comment, ...others] = commentOf(number);
    assert.deepEqual(others, []);
    assert.match(comment?.body ?? '', /1 contract failure/);
    assert.match(comment?.body ?? '', /nobody has reviewed the code/);
    assert.match(comment?.body ?? '', new RegExp(`actions/runs/${artifactRun}`));
    assert.deepEqual(github.unexpected, []);
  });
});
