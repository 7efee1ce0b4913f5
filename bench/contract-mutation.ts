// Changes the reference implementations mechanically, one small change at a time, and counts which changes the vectors find.
// Usage: node bench/contract-mutation.ts [TYPE ...] [--every N] [--json FILE]. docs/contract-checks.md has the result.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { createPubSubMessageBus } from '../src/adapters/messages/pubsub.ts';
import { createHttpTransport } from '../src/adapters/transports/http.ts';
import { createSocketTransport } from '../src/adapters/transports/websocket-vectors.ts';
import { runConformance } from '../src/contract/conformance.ts';
import type { LoadedContract } from '../src/contract/contract.ts';
import { SERVICE_TYPES } from '../src/domain/service-type.ts';
import { startPubSubEmulator } from '../src/emulator/pubsub/server.ts';
import { protocolOf } from '../src/protocols/contract-protocol.ts';
import { shippedContract } from '../test/helpers/shipped-contract.ts';
import { readCoverage } from './mutation/coverage.ts';
import { type Mutant, mutantsOf } from './mutation/mutants.ts';
import { startService } from './mutation/service.ts';

const ROOT = resolve(import.meta.dirname, '..');
const TIMEOUT_MS = 3_000;
const AT_ONCE = 2;

interface Reference {
  readonly contract: LoadedContract;
  readonly directory: string;
  readonly args: readonly string[];
  readonly features: readonly string[];
}

type Verdict = 'caught' | 'survived' | 'did not start' | 'not reached';

function referenceOf(type: string): Reference {
  const root = type === 'discord-webhook' ? 'template-service-repo' : `test/fixtures/services/${type}`;
  const manifest = parse(readFileSync(join(ROOT, root, 'manifest.yaml'), 'utf8'));
  const found = manifest.implementations.find((one: { local?: { run: string[] } }) => one.local?.run[0] === 'node');
  const [, ...args] = found.local.run as string[];
  const directory = join(ROOT, root, found.path);
  return { contract: shippedContract(type), directory, args, features: found.supported_features };
}

function sourcesOf(directory: string): readonly string[] {
  const files = readdirSync(directory, { recursive: true }) as string[];
  return files.filter((file) => /\.(js|ts|mjs)$/.test(file) && !file.includes('node_modules')).sort();
}

async function verdictOf(
  { contract, args, features }: Reference,
  directory: string,
  bus: Bus,
  coverage?: string,
): Promise<Verdict> {
  const topic = `t-${Math.random().toString(36).slice(2)}`;
  await bus.messages.ensureTopic(topic);
  const protocol = protocolOf(contract);
  const env = {
    ...protocol.environment({ project: bus.project, topic, pubsubHost: bus.host }),
    ...(coverage === undefined ? {} : { NODE_V8_COVERAGE: coverage }),
  };
  const service = await startService(args, directory, env);
  if (service === undefined) return 'did not start';
  try {
    const { exchange } = createHttpTransport();
    const { failed, unreachable } = await runConformance(
      { contract, contractVersion: contract.version, features, origin: service.origin },
      {
        exchange,
        sockets: createSocketTransport(),
        signer: protocol,
        requestTimeoutMs: TIMEOUT_MS,
        messageBus: bus.messages,
        topics: Object.fromEntries(Object.keys(protocol.channels).map((channel) => [channel, topic])),
        clock: {
          epochMs: () => Date.now(),
          monotonicMs: () => performance.now(),
          sleep: async (durationMs) => void (await sleep(durationMs)),
        },
      },
    );
    return failed > 0 || unreachable !== undefined ? 'caught' : 'survived';
  } finally {
    await service.stop(coverage === undefined ? 'SIGKILL' : 'SIGTERM');
  }
}

interface Bus {
  readonly host: string;
  readonly project: string;
  readonly messages: ReturnType<typeof createPubSubMessageBus>;
}

async function mutate(type: string, every: number, bus: Bus) {
  const reference = referenceOf(type);
  const files = sourcesOf(reference.directory);
  const all = files.flatMap((file) => mutantsOf(file, readFileSync(join(reference.directory, file), 'utf8')));
  const chosen = all.filter((_, index) => index % every === 0);
  const work = mkdtempSync(join(tmpdir(), `mutation-${type}-`));
  const results: (Mutant & { verdict: Verdict })[] = [];
  try {
    const places = Array.from({ length: AT_ONCE }, (_, index) => {
      const place = join(work, String(index));
      mkdirSync(place);
      cpSync(reference.directory, place, { recursive: true });
      rmSync(join(place, 'node_modules'), { recursive: true, force: true });
      symlinkSync(join(ROOT, 'node_modules'), join(place, 'node_modules'));
      return place;
    });
    const [first = ''] = places;
    const reports = join(work, 'coverage');
    const right = await verdictOf(reference, first, bus, reports);
    if (right !== 'survived') throw new Error(`${type}: the reference itself is ${right}`);
    const isReached = readCoverage(reports, first);
    const [queue, unreached] = [
      chosen.filter(({ file, at }) => isReached(file, at)),
      chosen.filter(({ file, at }) => !isReached(file, at)),
    ];
    results.push(...unreached.map((mutant) => ({ ...mutant, verdict: 'not reached' as const })));
    await Promise.all(
      places.map(async (place) => {
        for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
          const path = join(place, mutant.file);
          const original = readFileSync(path, 'utf8');
          writeFileSync(path, mutant.text);
          results.push({ ...mutant, verdict: await verdictOf(reference, place, bus) });
          writeFileSync(path, original);
          process.stderr.write(`\r${type}: ${results.length} of ${chosen.length} `);
        }
      }),
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  process.stderr.write('\n');
  return { type, all: all.length, results };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { every: { type: 'string', default: '1' }, json: { type: 'string' } },
  });
  const types = positionals.length > 0 ? positionals : [...SERVICE_TYPES];
  const pubsub = await startPubSubEmulator();
  const project = 'mutation';
  const bus = { host: pubsub.host, project, messages: createPubSubMessageBus({ emulatorHost: pubsub.host, project }) };
  const rows: string[] = [];
  const survivors: string[] = [];
  const stored: unknown[] = [];
  for (const type of types) {
    const { all, results } = await mutate(type, Number(values.every), bus);
    const count = (verdict: Verdict) => results.filter((one) => one.verdict === verdict).length;
    const [caught, survived, dead] = [count('caught'), count('survived'), count('did not start')];
    const unreached = count('not reached');
    const share = (100 * caught) / Math.max(1, caught + survived);
    rows.push(
      `| ${type} | ${all} | ${results.length} | ${dead} | ${unreached} | ${caught} | ${survived} | ${share.toFixed(1)} % |`,
    );
    for (const { file, line, was, becomes, verdict } of results) {
      if (verdict === 'survived')
        survivors.push(
          `${verdict === 'survived' ? '' : 'not reached: '}${type} ${file}:${line}: ${was.trim()} -> ${becomes.trim() || 'nothing'}`,
        );
    }
    stored.push({ type, results: results.map(({ text: _, ...one }) => one) });
  }
  console.log('| type | mutants | tried | did not start | not reached | caught | survived | caught of those reached |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const row of rows) console.log(row);
  console.log(`\nsurvivors:\n${survivors.join('\n')}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(stored, undefined, 1)}\n`);
  await pubsub.close();
}

await main();
process.exit(0);
