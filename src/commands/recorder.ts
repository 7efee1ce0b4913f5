import type { Comparison } from '../domain/comparison.ts';
import { PerfError } from '../domain/errors.ts';
import type { RunResources } from '../domain/resources.ts';
import type { ImplementationResult, Run, RunFailure, RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import { groupKey, type ResultGroup, sortGroups } from '../results/groups.ts';
import { saveMetadata, saveResults } from '../results/runs.ts';
import { hiddenIn } from './hide.ts';
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

  /** Continues what earlier jobs have made. */
  static of({ metadata, results }: Run, ports: Ports): RunRecorder {
    const recorder = new RunRecorder(metadata, ports);
    for (const group of results) recorder.#results.set(groupKey(group), group);
    return recorder;
  }

  get run(): Run {
    return { metadata: this.#metadata, results: sortGroups([...this.#results.values()], this.#metadata.serviceTypes) };
  }

  get failures(): readonly RunFailure[] {
    return this.#metadata.failures;
  }

  begin(): Promise<void> {
    return this.#enqueue(() => this.#saveMetadata());
  }

  record(group: ResultGroup, contractVersion: string, found: ImplementationResult): Promise<void> {
    const result = hiddenIn(found, this.#ports.hide);
    const key = groupKey(group);
    const { serviceType, profile } = group;
    const previous = this.#results.get(key);
    const others = previous?.implementations.filter(({ name }) => name !== result.name) ?? [];
    this.#results.set(key, {
      format: 'results/1',
      runId: this.#metadata.runId,
      serviceType,
      ...(profile === undefined ? {} : { profile }),
      contractVersion,
      implementations: [...others, result].sort((a, b) => a.name.localeCompare(b.name, 'en')),
    });
    if (!this.#metadata.serviceTypes.includes(serviceType))
      this.#metadata = { ...this.#metadata, serviceTypes: [...this.#metadata.serviceTypes, serviceType] };
    return this.#enqueue(() => this.#saveResults(key));
  }

  compare(comparison: Comparison): Promise<void> {
    const key = groupKey(comparison);
    const results = this.#results.get(key);
    if (results === undefined) return Promise.resolve();
    this.#results.set(key, { ...results, comparison });
    return this.#enqueue(() => this.#saveResults(key));
  }

  /** Writes down what the run has made outside. */
  keepResources(resources: RunResources): Promise<void> {
    this.#metadata = { ...this.#metadata, resources };
    return this.#enqueue(() => this.#saveMetadata());
  }

  /** Remembers a failure, tells the user, and lets the run go on. */
  fail(stage: RunFailure['stage'], error: unknown, implementation?: string): RunFailure {
    const found: RunFailure = {
      stage,
      code: error instanceof PerfError ? error.code : 'unexpected',
      message: error instanceof Error ? error.message : String(error),
      ...(implementation === undefined ? {} : { implementation }),
    };
    const failure = hiddenIn(found, this.#ports.hide);
    this.#metadata = { ...this.#metadata, failures: [...this.#metadata.failures, failure] };
    this.#ports.logger.error(failure.message, { stage, implementation, code: failure.code });
    if (!(error instanceof PerfError) && error instanceof Error) this.#ports.logger.debug(error.stack ?? '');
    return failure;
  }

  /** Closes the run now; one whose end is known already, since others measured it, keeps that. */
  finish(state: RunMetadata['state'], changes: Partial<RunMetadata> = {}): Promise<void> {
    const finishedAt = this.#metadata.finishedAt ?? new Date(this.#ports.clock.epochMs()).toISOString();
    this.#metadata = { ...this.#metadata, finishedAt, ...changes, state };
    return this.#enqueue(() => this.#saveMetadata());
  }

  #saveMetadata(): Promise<void> {
    return saveMetadata(this.#ports.store, this.#metadata, this.#ports.schemas);
  }

  async #saveResults(key: string): Promise<void> {
    const results = this.#results.get(key);
    if (results !== undefined) await saveResults(this.#ports.store, results, this.#ports.schemas);
  }

  #enqueue(write: () => Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(write);
    return this.#writing;
  }
}
