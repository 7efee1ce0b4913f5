import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runActionStep } from '../helpers/action-step.ts';
import { type Ended, filesBelow, newWorkspace, runTool } from '../helpers/cli.ts';

/** In every secret of this test, and in nothing else. */
const MARK = 'PLANTEDe4b7';
const planted = (name: string) => `${name}-${MARK}-0123456789abcdef`;
const ENVIRONMENT = {
  GITHUB_TOKEN: planted('ghs'),
  PERF_SECRET_API_TOKEN: planted('of-the-service'),
  WEBHOOK_SECRET: planted('signs-events'),
  // What the runner gives to actions, and what a user's machine may have.
  ACTIONS_RUNTIME_TOKEN: planted('runtime'),
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: planted('id-token'),
  NPM_TOKEN: planted('npm'),
  AWS_SECRET_ACCESS_KEY: planted('aws'),
};
/** Prints all that it has been given, and fails. */
const SPILLS = 'env >&2; cat /proc/self/environ >&2; exit 3';

const MANIFEST = `service_type: discord-webhook
contract_version: 1.0.0
implementations:
  - name: spills-at-build
    path: spills
    supported_features: &features [signature-validation, pubsub-publish]
    local: { build: ${JSON.stringify(SPILLS)}, run: [sh, -c, "true"] }
  - name: spills-at-start
    path: spills
    supported_features: *features
    local: { run: [sh, -c, ${JSON.stringify(SPILLS)}] }
`;

describe('no planted secret in anything that is written', () => {
  const workspace = newWorkspace();
  const received: { readonly path: string; readonly body: string }[] = [];
  let server: Server;
  let environment: Readonly<Record<string, string>>;

  before(async () => {
    // Both receivers refuse, and repeat what they were told.
    server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      received.push({ path: request.url ?? '', body });
      response.writeHead(400).end(JSON.stringify({ url: request.url, headers: request.headers, body }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    environment = {
      ...ENVIRONMENT,
      SLACK_WEBHOOK_URL: `${origin}/services/${planted('slack')}`,
      WEBHOOK_URL: `${origin}/in?token=${planted('hook')}`,
    };
    const { directory } = workspace;
    mkdirSync(join(directory, 'repo', 'spills'), { recursive: true });
    writeFileSync(join(directory, 'repo', 'spills', 'Dockerfile'), 'FROM scratch\n');
    writeFileSync(join(directory, 'repo', 'manifest.yaml'), MANIFEST);
    writeFileSync(
      join(directory, 'perf.yaml'),
      `version: "1.0"
emulator: { runtime: process }
benchmark: { cold_start: { iterations: 1 } }
deployment_profiles: { default: { secrets: { API_TOKEN: { secret: api-token, version: "1" } } } }
notifications:
  on_start: true
  on_completion: true
  slack_webhook: \${SLACK_WEBHOOK_URL}
  webhook: { url: "\${WEBHOOK_URL}", secret: "\${WEBHOOK_SECRET}" }
`,
    );
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    workspace.remove();
  });

  /** Lines with the mark, but for the command by which the runner learns a secret before any use. */
  const leaks = (text: string) =>
    text.split('\n').filter((line) => line.includes(MARK) && !line.startsWith('::add-mask::'));

  function assertClean({ stdout, stderr }: Ended, told: RegExp): void {
    const text = `${stdout}\n${stderr}`;
    assert.match(text, told, 'the path that could leak was not taken');
    assert.deepEqual(leaks(text), []);
  }

  function assertNothingKept(): void {
    const files = filesBelow(workspace.directory);
    assert.ok(
      files.some((path) => path.endsWith('results.json')),
      files.join('\n'),
    );
    for (const path of files)
      assert.deepEqual(leaks(readFileSync(join(workspace.directory, path), 'latin1')), [], path);
  }

  const BENCHMARK = ['benchmark', '--manifest', 'repo', '--config', 'perf.yaml', '--platform', 'local', '--verbose'];
  /** The service has said all it knows, its own secret last; and both receivers have been tried. */
  const TOLD = /API_TOKEN=\*\*\*/;

  test('a run in which everything fails, logged as JSON with everything', async () => {
    const ended = await runTool(workspace, [...BENCHMARK, '--baseline', 'none', '--log-format', 'json'], {
      env: environment,
    });
    assertClean(ended, TOLD);
    assertClean(ended, /was not notified of run\.started: .*400/);
    assertNothingKept();
    assert.ok(received.some(({ path }) => path.startsWith('/in')) && received.some(({ path }) => /slack/.test(path)));
    assert.deepEqual(
      received.flatMap(({ body }) => leaks(body)),
      [],
    );
  });

  test('the same as an action with the runner in debug mode', async () => {
    const { GITHUB_TOKEN, ...env } = environment;
    const inputs = {
      command: 'benchmark',
      manifest: 'repo',
      config: 'perf.yaml',
      platform: 'local',
      baseline: 'none',
      verbose: 'true',
      'github-token': GITHUB_TOKEN ?? '',
    };
    const step = await runActionStep(workspace, inputs, { env: { ...env, RUNNER_DEBUG: '1' } });
    assertClean(step.ended, TOLD);
    assert.match(step.ended.stdout, new RegExp(`^::add-mask::${GITHUB_TOKEN}$`, 'm'));
    assert.deepEqual(leaks([...step.outputs.values(), ...step.state.values(), step.summary].join('\n')), []);
    assertNothingKept();
  });

  for (const format of ['terminal', 'json'] as const) {
    test(`a repository's address with a token in it, logged as ${format}`, async () => {
      const url = `https://someone:${planted('git')}@127.0.0.1:1/services.git`;
      const args = ['discover', '--manifest', url, '--verbose', '--log-format', format];
      const ended = await runTool(workspace, args, { env: environment });
      assert.equal(ended.code, 2);
      assertClean(ended, /\[?bad-repository-url\]?/);
    });
  }
});
