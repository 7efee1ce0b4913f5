import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { NO_BUNDLE, runStep, type Step } from '../helpers/action-step.ts';
import { git, newWorkspace, ROOT } from '../helpers/cli.ts';
import { type GitHubFake, JOB_TOKEN, startGitHubFake } from '../helpers/github-fake.ts';

const REPOSITORY = 'org/service';
const workspace = newWorkspace();
const checkout = join(workspace.directory, 'checkout');
let github: GitHubFake;
let step: Step;

/** What the runner would obey, by name: everything else that begins with `::` is a plain line to it. */
const OURS = /^::(?:error|warning|notice|debug|add-mask)(?: [^:]*)?::/;
/** Control and direction characters, but for the tab and the line end. */
const CONTROL = /(?![\t\n])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

before(async () => {
  cpSync(join(ROOT, 'test/fixtures/service-repos/hostile'), checkout, { recursive: true });
  writeFileSync(join(checkout, 'cloudrun-perf.yaml'), 'version: "1.0"\nemulator: { runtime: process }\n');
  git(checkout, 'init', '-q', '-b', 'main');
  git(checkout, 'commit', '-q', '--allow-empty', '-m', 'empty');
  const base = git(checkout, 'rev-parse', 'HEAD');
  git(checkout, 'add', '-A');
  git(checkout, 'commit', '-qm', '::set-output name=x::y');
  const headSha = git(checkout, 'rev-parse', 'HEAD');
  const pull = { number: 7, open: true, headSha, baseSha: base, headRepository: REPOSITORY, headBranch: 'x' };
  github = await startGitHubFake({ repository: REPOSITORY, pullRequests: [pull] });
  step = await runStep(
    workspace,
    {
      'github-token': JOB_TOKEN,
      results: '../results',
      iterations: '1',
      rounds: '1',
      baseline: 'none',
      verbose: 'true',
    },
    {
      cwd: checkout,
      env: {
        GITHUB_API_URL: github.apiUrl,
        GITHUB_GRAPHQL_URL: github.graphqlUrl,
        GITHUB_REPOSITORY: REPOSITORY,
        GITHUB_RUN_ID: '5',
      },
      event: {
        name: 'pull_request',
        payload: {
          repository: { full_name: REPOSITORY, default_branch: 'main' },
          pull_request: {
            number: 7,
            state: 'open',
            title: '::set-output name=x::y',
            head: { sha: headSha, ref: 'x', repo: { full_name: REPOSITORY } },
            base: { sha: base, ref: 'main', repo: { full_name: REPOSITORY } },
          },
        },
      },
    },
  );
});
after(async () => {
  await github?.close();
  workspace.remove();
});

describe('services, logs and builds that try to be more than data', { skip: NO_BUNDLE }, () => {
  test('end as findings: a contract failure, and two that could not be measured', () => {
    const { states } = JSON.parse(step.outputs.get('summary') ?? '{}') as { states?: Record<string, string> };
    assert.deepEqual(
      states,
      { answers: 'contract failed', exits: 'not measured', builds: 'not measured' },
      step.ended.stdout,
    );
  });

  test('reach the log, and yet no command of theirs reaches the runner', () => {
    const { stdout, stderr } = step.ended;
    assert.match(stdout, /stolen/, 'else this test proves nothing');
    for (const line of `${stdout}\n${stderr}`.split('\n')) {
      if (/^\s*::/.test(line)) assert.match(line, OURS, line.slice(0, 200));
      assert.doesNotMatch(line, /##\[/);
      assert.doesNotMatch(line, CONTROL, JSON.stringify(line.slice(0, 200)));
      assert.ok(line.length < 20_000, `${line.length} characters`);
    }
    const remarks = stdout.split('\n').filter((line) => /^::error file=README/.test(line));
    assert.deepEqual(remarks, [], 'a remark on a file that a service chose');
    assert.deepEqual([...step.state.keys()].sort(), ['isPost', 'run-id']);
    assert.equal(step.outputs.get('stolen'), undefined);
  });

  test('notify nobody, and stay small', () => {
    assert.equal(github.state.comments.length, 1);
    const [comment] = github.state.comments;
    assert.deepEqual(
      github.state.notifications.flatMap(({ mentions }) => mentions),
      [],
    );
    assert.ok((comment?.body.length ?? 0) <= 60_000);
    assert.ok(Buffer.byteLength(step.summary) <= 1_000_000);
    for (const text of [comment?.body ?? '', step.summary]) {
      assert.doesNotMatch(text, /<(?:script|img|table)\b/i);
      assert.doesNotMatch(text, /@octocat|\]\(https:\/\/evil|org\/repo#2/);
      assert.doesNotMatch(text, CONTROL);
    }
    assert.deepEqual(github.unexpected, []);
  });
});
