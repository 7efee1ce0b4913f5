import type { LoadConfig } from '../config/config.ts';
import { InfrastructureError, PerfError, UsageError } from '../domain/errors.ts';
import type { LoadSettings, Plan, PlatformName } from '../domain/plan.ts';
import { jobLoad } from '../measure/job-load.ts';
import type { LoadDriver } from '../measure/load-driver.ts';
import { buildLabel } from '../plan/leftovers.ts';
import { EXPIRY_LABEL, expiryLabel, labelValue, loadJobName, ownedLabels, RUN_LABEL } from '../plan/naming.ts';
import type { JobRunner } from '../ports/job-runner.ts';
import type { ResultStore } from '../ports/result-store.ts';
import { type ContractName, localContract } from './contracts.ts';
import type { Ports } from './ports.ts';
import type { ResourceLog } from './resource-log.ts';

export interface LoadJobInput {
  readonly plan: Plan;
  readonly config: LoadConfig;
  /** The store as tasks see it, also where this process is one of several of a run. */
  readonly store: ResultStore;
  readonly ports: Ports;
  readonly resources: ResourceLog;
  readonly signal: AbortSignal;
}

const IMAGE_STAYS = 'stays until cleanup';
/** Far more than the blocks of a round take: a task that hangs must not be paid for a day. */
const TASK_TIMEOUT_MS = 3_600_000;

/**
 * Throws UsageError `load-needs-bucket` or `load-needs-directory` when tasks of a job could not read their plan: those of
 * Cloud Run see no directory of this machine, those on this machine have no account of Google's.
 */
export function refuseUnreachableStore(
  { load }: { readonly load?: Pick<LoadSettings, 'from'> },
  platform: PlatformName,
  { location }: Pick<ResultStore, 'location'>,
): void {
  if (load?.from !== 'job') return;
  const isBucket = location.startsWith('gs://');
  if (platform === 'cloudrun' && !isBucket) {
    throw new UsageError('load-needs-bucket', `load from a job needs a bucket to meet in, found ${location}`, {
      hint: 'name it with storage.results_bucket or --results gs://bucket/prefix, or use --load-from runner',
    });
  }
  if (platform === 'local' && isBucket) {
    throw new UsageError(
      'load-needs-directory',
      `load from a job of this machine needs a directory, found ${location}`,
      {
        hint: 'give --results with a directory, or --load-from runner',
      },
    );
  }
}

/**
 * The job that makes the load of one measuring process: made before its first round, removed after its last. Its image is
 * made, and the job is deployed, once; a failure is everybody's, so that no implementation is silently loaded from
 * elsewhere.
 */
export class LoadJob {
  readonly #input: LoadJobInput;
  readonly #name: string;
  readonly #token: string;
  #image: Promise<string> | undefined;
  #deployed: Promise<JobRunner> | undefined;
  #executions = 0;

  constructor(input: LoadJobInput) {
    this.#input = input;
    this.#token = input.ports.randomText();
    this.#name = loadJobName(input.plan.runId, this.#token);
  }

  /** Begins to make the image, beside whatever else is built. What goes wrong is told by `driver`. */
  begin(): void {
    void this.#makeImage().catch(() => undefined);
  }

  /** Load for services of one type. Rejects, each time, with the PerfError of an image or job that could not be made. */
  async driver(name: ContractName): Promise<LoadDriver> {
    const { plan, store, ports } = this.#input;
    this.#deployed ??= this.#deploy();
    const jobs = await this.#deployed;
    const { privateAudience: audience } = ports;
    const { serviceType, contractVersion, repositoryRoot } = name;
    const ships = (await ports.contractMajors(serviceType)).length > 0;
    const own = ships || repositoryRoot === undefined ? undefined : await localContract(repositoryRoot, ports);
    return jobLoad(
      {
        job: this.#name,
        tasks: this.#tasks,
        place: `runs/${plan.runId}/load/${this.#token}`,
        runId: plan.runId,
        serviceType,
        ...(contractVersion === undefined ? {} : { contractVersion }),
        ...(own === undefined ? {} : { contract: Object.fromEntries(own) }),
        ...(audience === undefined ? {} : { audience }),
        next: () => {
          this.#executions += 1;
          return this.#executions;
        },
      },
      { jobs, store, logger: ports.logger },
    );
  }

  /** Removes the job with its executions, if it was made or may have been. */
  async remove(onFailure: (error: unknown) => void): Promise<void> {
    const { ports, resources } = this.#input;
    const resource = { kind: 'job', name: this.#name } as const;
    await this.#deployed?.catch(() => undefined);
    if (!resources.stands(resource)) return;
    try {
      await (await this.#jobs()).remove(this.#name);
      await resources.removed(resource);
    } catch (error) {
      await resources.left(resource, error instanceof Error ? error.message : String(error));
      onFailure(error instanceof PerfError ? error : new Error(`could not remove job ${this.#name}`, { cause: error }));
    } finally {
      ports.logger.debug(`job ${this.#name} had ${this.#executions} executions`);
    }
  }

  get #tasks(): number {
    return this.#input.plan.settings.load?.tasks ?? 1;
  }

  get #labels(): Readonly<Record<string, string>> {
    const { plan, ports } = this.#input;
    return {
      ...ownedLabels(ports.tool.owner),
      [RUN_LABEL]: labelValue(plan.runId),
      [EXPIRY_LABEL]: expiryLabel(ports.clock.epochMs()),
    };
  }

  async #jobs(): Promise<JobRunner> {
    const { jobs } = await this.#input.ports.platform();
    if (jobs !== undefined) return jobs;
    throw new InfrastructureError('load-no-jobs', 'load from a job needs a platform with jobs, found none', {
      hint: 'use --load-from runner',
    });
  }

  #makeImage(): Promise<string> {
    const { plan, config, ports, resources, signal } = this.#input;
    this.#image ??= (async () => {
      const label = buildLabel(plan.runId, 'head', this.#labels);
      const given = config.image === undefined ? {} : { image: config.image };
      const artifact = await ports.loadImage({ ...given, label }, signal);
      const pushed = plan.platform === 'cloudrun' && config.image === undefined;
      if (pushed) await resources.left({ kind: 'image', name: artifact.image }, IMAGE_STAYS);
      return artifact.image;
    })();
    return this.#image;
  }

  async #deploy(): Promise<JobRunner> {
    const { config, ports, resources, signal, plan } = this.#input;
    const { connections } = plan.settings.warm;
    if (this.#tasks > connections) {
      ports.logger.warn(
        `${this.#tasks} tasks share ${connections} connections: ${this.#tasks - connections} have nothing to do`,
      );
    }
    const image = await this.#makeImage();
    const jobs = await this.#jobs();
    ports.logger.info(`load comes from job ${this.#name}, ${this.#tasks} tasks`);
    await resources.created({ kind: 'job', name: this.#name });
    const spec = { name: this.#name, image, labels: this.#labels, env: {}, cpu: config.cpu, memory: config.memory };
    const account = config.serviceAccount === undefined ? {} : { serviceAccount: config.serviceAccount };
    await jobs.deploy({ ...spec, ...account, taskTimeoutMs: TASK_TIMEOUT_MS }, signal);
    return jobs;
  }
}
