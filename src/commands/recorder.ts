import type { Comparison } from '../domain/comparison.ts';
import { PerfError } from '../domain/errors.ts';
import type { ImplementationResult, Run, RunFailure, RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import { saveMetadata, saveResults } from '../results/runs.ts';
import type { Ports } from './ports.ts';

/**
 * The run while it is being made. Everything is stored as soon as it is known, so that a failure late, or a kill,
 * loses nothing that was measured.
 */
export class RunRecorder {
  #metadata: RunMetadata;
  readonly #results = new Map<string, ServiceTypeResults>();
  readonly #ports: Ports;
  // Implementations finish in parallel; two writes of one file must not overtake each other.
  #writing: Promise<void> = Promise.resolve();

  constructor(metadata: RunMetadata, ports: Ports) {
    this.#metadata = metadata;
    this.#ports = ports;
  }

  get run(): Run {
    return { metadata: this.#metadata, results: [...this.#results.values()] };
  }

  get failures(): readonly RunFailure[] {
    return this.#metadata.failures;
  }

  begin(): Promise<void> {
    return this.#enqueue(() => this.#saveMetadata());
  }

  record(serviceType: string, contractVersion: string, result: ImplementationResult): Promise<void> {
    const previous = this.#results.get(serviceType);
    const others = previous?.implementations.filter(({ name }) => name !== result.name) ?? [];
    this.#results.set(serviceType, {
      format: 'results/1',
      runId: this.#metadata.runId,
      serviceType,
      contractVersion,
      implementations: [...others, result].sort((a, b) => a.name.localeCompare(b.name, 'en')),
    });
    return this.#enqueue(() => this.#saveResults(serviceType));
  }

  compare(comparison: Comparison): Promise<void> {
    const results = this.#results.get(comparison.serviceType);
    if (results === undefined) return Promise.resolve();
    this.#results.set(comparison.serviceType, { ...results, comparison });
    return this.#enqueue(() => this.#saveResults(comparison.serviceType));
  }

  /** Remembers a failure, tells the user, and lets the run go on. */
  fail(stage: RunFailure['stage'], error: unknown, implementation?: string): RunFailure {
    const failure: RunFailure = {
      stage,
      code: error instanceof PerfError ? error.code : 'unexpected',
      message: error instanceof Error ? error.message : String(error),
      ...(implementation === undefined ? {} : { implementation }),
    };
    this.#metadata = { ...this.#metadata, failures: [...this.#metadata.failures, failure] };
    this.#ports.logger.error(failure.message, { stage, implementation, code: failure.code });
    if (!(error instanceof PerfError) && error instanceof Error) this.#ports.logger.debug(error.stack ?? '');
    return failure;
  }

  finish(state: RunMetadata['state'], changes: Partial<RunMetadata> = {}): Promise<void> {
    const finishedAt = new Date(this.#ports.clock.epochMs()).toISOString();
    this.#metadata = { ...this.#metadata, ...changes, state, finishedAt };
    return this.#enqueue(() => this.#saveMetadata());
  }

  #saveMetadata(): Promise<void> {
    return saveMetadata(this.#ports.store, this.#metadata, this.#ports.schemas);
  }

  async #saveResults(serviceType: string): Promise<void> {
    const results = this.#results.get(serviceType);
    if (results !== undefined) await saveResults(this.#ports.store, results, this.#ports.schemas);
  }

  #enqueue(write: () => Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(write);
    return this.#writing;
  }
}
