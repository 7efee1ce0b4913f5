import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Ended, filesBelow, newWorkspace, runTool } from '../helpers/cli.ts';

/** With characters that JSON, addresses, Markdown and HTML write differently; its beginning looks the same in all of them. */
const TOKEN = 'plantedtoken-"/<b>_*1 and a long end so that texts are cut inside';
const TRACE = 'plantedtoken';

const TELLS = `
import { createServer } from 'node:http';
const token = process.env.API_TOKEN;
createServer((request, response) => {
  console.log('log', token);
  console.error(JSON.stringify({ token }));
  const body = request.url === '/health' || request.url === '/_benchmark/ready' ? '{"status":"ok"}' : BODY;
  response.writeHead(200, { 'content-type': 'application/json', 'x-token': encodeURIComponent(token) });
  response.end(body);
}).listen(Number(process.env.PORT));
`;
/** The second one is longer than what a report shows, so that the cut goes through the token. */
const BODIES = {
  'in-json': 'JSON.stringify({ type: token, [token]: token })',
  'at-the-cut': "(response.statusCode = 500, 'x'.repeat(270) + token)",
};
const DIES = "console.error('token ' + process.env.API_TOKEN); process.exit(3);";

const workspace = newWorkspace();
const env = { PERF_SECRET_API_TOKEN: TOKEN, PERF_SECRET_SHORT: 'abc' };
const runs: Ended[] = [];

before(async () => {
  const services = {
    ...Object.fromEntries(Object.entries(BODIES).map(([name, body]) => [name, TELLS.replace('BODY', body)])),
    dies: DIES,
  };
  for (const [name, text] of Object.entries(services)) {
    mkdirSync(join(workspace.directory, 'repo/implementations', name), { recursive: true });
    writeFileSync(join(workspace.directory, 'repo/implementations', name, 'server.mjs'), text);
    writeFileSync(join(workspace.directory, 'repo/implementations', name, 'Dockerfile'), 'FROM scratch\n');
  }
  const entries = Object.keys(services).map(
    (name) =>
      `  - { name: ${name}, path: implementations/${name}, language: javascript, supported_features: [], local: { run: [node, server.mjs] } }\n`,
  );
  writeFileSync(
    join(workspace.directory, 'repo/manifest.yaml'),
    `service_type: discord-webhook\ncontract_version: 1.0.0\nimplementations:\n${entries.join('')}`,
  );
  const secrets = 'API_TOKEN: { secret: api-token, version: latest }';
  writeFileSync(
    join(workspace.directory, 'perf.yaml'),
    `version: "1.0"\nemulator: { runtime: process }\ndeployment_profiles:\n  default: { secrets: { ${secrets} } }\n`,
  );
  const common = ['--platform', 'local', '--manifest', 'repo', '--config', 'perf.yaml', '--verbose'];
  const small = ['--results', 'results', '--baseline', 'none', '--iterations', '2', '--rounds', '1'];
  runs.push(await runTool(workspace, ['benchmark', ...common, '--all', ...small], { env }));
  const report = ['report', '--results', 'results', '--format', 'markdown'];
  const validate = ['validate', ...common, '--impl', 'at-the-cut', '--format', 'json'];
  runs.push(...(await Promise.all([runTool(workspace, report), runTool(workspace, validate, { env })])));
});
after(() => workspace.remove());

test('services that tell their secret are found wrong, with the secret blanked out', () => {
  const [benchmark, report, validate] = runs;
  assert.match(benchmark?.stdout ?? '', /\*\*\*/, benchmark?.stderr);
  assert.match(report?.stdout ?? '', /in-json/);
  assert.match(validate?.stdout ?? '', /"failed"/, validate?.stderr);
  assert.match(benchmark?.stderr ?? '', /dies.*token \*\*\*/);
  assert.match(benchmark?.stderr ?? '', /PERF_SECRET_SHORT is too short to be blanked out/);
});

test('no part of the secret is in any output', () => {
  for (const { stdout, stderr } of runs)
    for (const line of `${stdout}\n${stderr}`.split('\n')) assert.ok(!line.includes(TRACE), line);
});

test('no part of the secret is in any stored file or report', () => {
  const files = filesBelow(workspace.results);
  assert.ok(files.some((file) => file.endsWith('results.json')) && files.some((file) => file.endsWith('report.md')));
  for (const file of files) {
    const text = readFileSync(join(workspace.results, file), 'utf8');
    const at = text.indexOf(TRACE);
    assert.equal(at, -1, `${file}: ${text.slice(Math.max(0, at - 200), at + 100)}`);
  }
});
