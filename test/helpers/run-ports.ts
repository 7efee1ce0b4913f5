import type { Ports } from '../../src/commands/ports.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { SILENT } from '../../src/ports/event-sink.ts';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';
import { RESULT_SCHEMAS } from './result-schemas.ts';
import { contractFiles } from './shipped-contract.ts';

export interface RunPorts {
  readonly ports: Ports;
  readonly store: MemoryStore;
  /** `level message` of every line. */
  readonly lines: string[];
  readonly printed: string[];
}

/** What storing, comparing and reporting a run touches, in memory; touching anything else fails. */
export function runPorts(changes: Partial<Ports> = {}): RunPorts {
  const [lines, printed]: [string[], string[]] = [[], []];
  const store = createMemoryStore();
  const say = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const known: Partial<Ports> = {
    store,
    clock: { epochMs: () => Date.parse('2026-11-21T15:00:00.000Z') } as Ports['clock'],
    logger: {
      debug: say('debug'),
      info: say('info'),
      warn: say('warn'),
      error: say('error'),
      progress: say('progress'),
    },
    schemas: RESULT_SCHEMAS as Ports['schemas'],
    contractFiles,
    contractMajors: async () => [1],
    tool: { version: '0.1.0', driver: 'linux x64, 2 CPUs', cpus: 2, owner: 'org' },
    terminal: {},
    events: SILENT,
    randomText: () => 'bcdfgh',
    print: (text) => void printed.push(text),
    ...changes,
  };
  return { ports: known as Ports, store, lines, printed };
}

/** The configuration that an empty environment gives. */
export const testConfig = () => loadConfig({ env: {}, flags: {} }, { config: {} });
