/**
 * Plants a real slowdown into a copy of node-http and shows that the pipeline catches it: CPU work at start-up and on the
 * path of every request. The pipeline ends with exit code 4; this script passes that on.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from './run-cli.ts';

const ROOT = join(import.meta.dirname, '..');
const copy = mkdtempSync(join(tmpdir(), 'cloudrun-perf-regression-'));
try {
  cpSync(join(ROOT, 'template-service-repo'), copy, {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  });
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=demo', '-c', 'user.email=demo@example.invalid', '-C', copy, ...args], {
      stdio: 'ignore',
    });
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Base');

  const source = join(copy, 'implementations', 'node-http', 'server.js');
  writeFileSync(source, slowedDown(readFileSync(source, 'utf8')));
  process.stdout.write(`planted a slowdown in a copy of node-http: 60 ms of CPU at start-up, 2 ms per request\n`);
  await runCli(ROOT, [
    'benchmark',
    '--platform',
    'local',
    '--manifest',
    join(copy, 'manifest.yaml'),
    '--impl',
    'node-http',
    '--baseline',
    'git:HEAD',
    '--results',
    join(ROOT, '.cloudrun-perf', 'regression'),
  ]);
} finally {
  rmSync(copy, { recursive: true, force: true });
}

function slowedDown(source: string): string {
  const burn =
    'function burn(durationMs) { const end = performance.now() + durationMs; while (performance.now() < end); }\n';
  const marker = /(createServer\(\s*(?:async\s*)?(?:function\s*\w*\s*)?\([^)]*\)\s*(?:=>\s*)?\{)/;
  if (!marker.test(source)) throw new Error('node-http/server.js has no request listener of the expected form');
  return `${source.replace(marker, '$1 burn(2);')}\n${burn}burn(60);\n`;
}
