/**
 * The main job on the embedded Cloud Run: no cloud account, no Docker, no other toolchain. On template-service-repo/, or
 * with `--type T` on the reference implementations of another service type.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SERVICE_TYPES } from '../src/domain/service-type.ts';
import { runCli } from './run-cli.ts';

const ROOT = join(import.meta.dirname, '..');
const TEMPLATE = join(ROOT, 'template-service-repo');
const TEMPLATE_TYPE = 'discord-webhook';

const { type = TEMPLATE_TYPE } = parseArgs({ options: { type: { type: 'string' } } }).values;
if (!SERVICE_TYPES.some((known) => known === type)) {
  console.error(`found --type ${type}, wanted one of ${SERVICE_TYPES.join(', ')}`);
  process.exit(2);
}

// Base is what is committed, head is what lies in the working tree: edit an implementation and run the demo again.
const services = type === TEMPLATE_TYPE ? TEMPLATE : join(ROOT, 'test', 'fixtures', 'services', type);
const inGit = spawnSync('git', ['-C', services, 'rev-parse', '--verify', 'HEAD'], { stdio: 'ignore' }).status === 0;
const baseline = inGit ? ['--baseline', 'git:HEAD'] : [];
const where =
  type === TEMPLATE_TYPE
    ? ['--config', join(TEMPLATE, 'cloudrun-perf.yaml')]
    : ['--manifest', join(services, 'manifest.yaml')];

// Five and not six instances a side and round: with four toolchains on two cores the demo stays well under two minutes.
await runCli(ROOT, [
  'benchmark',
  '--platform',
  'local',
  ...where,
  '--suite',
  'quick',
  '--iterations',
  '5',
  ...baseline,
]);
