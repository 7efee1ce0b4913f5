/** The main job on template-service-repo/, on the embedded Cloud Run: no cloud account, no Docker, no other toolchain. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { runCli } from './run-cli.ts';

const ROOT = join(import.meta.dirname, '..');
const TEMPLATE = join(ROOT, 'template-service-repo');

// Base is what is committed, head is what lies in the working tree: edit an implementation and run the demo again.
const inGit = spawnSync('git', ['-C', TEMPLATE, 'rev-parse', '--verify', 'HEAD'], { stdio: 'ignore' }).status === 0;
const baseline = inGit ? ['--baseline', 'git:HEAD'] : [];

// Five and not six instances a side and round: with four toolchains on two cores the demo stays well under two minutes.
await runCli(ROOT, [
  'benchmark',
  '--platform',
  'local',
  '--config',
  join(TEMPLATE, 'cloudrun-perf.yaml'),
  '--suite',
  'quick',
  '--iterations',
  '5',
  ...baseline,
]);
