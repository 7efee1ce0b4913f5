import { CHECK_TAG } from '../domain/deployment.ts';
import type { Platform } from '../ports/platform.ts';
import type { IdleInstance } from './scale-to-zero.ts';
import type { SideDeployment } from './target.ts';
import type { MeasureWalk } from './walk.ts';

/** Stops the instances of one implementation's services by hand, and knows what the log has proven of that. */
export class ZeroKeeper {
  readonly #deployments: readonly SideDeployment[];
  readonly #walk: MeasureWalk;
  readonly #platform: Platform;
  readonly #mostAlive: number;
  readonly #signal: AbortSignal | undefined;
  readonly #doubts = new Map<string, string>();
  readonly #stopped = new Set<string>();
  /** Each side's check revision may have an instance, which nobody here has seen, until all are stopped. */
  #unseen: number;

  constructor(
    deployments: readonly SideDeployment[],
    walk: MeasureWalk,
    platform: Platform,
    mostAlive: number | undefined,
    signal?: AbortSignal,
  ) {
    this.#deployments = deployments;
    this.#walk = walk;
    this.#platform = platform;
    this.#mostAlive = mostAlive === undefined ? Number.POSITIVE_INFINITY : Math.max(1, mostAlive);
    const isChecked = ({ deployment }: SideDeployment) => deployment.revisions.some(({ tag }) => tag === CHECK_TAG);
    this.#unseen = deployments.filter(isChecked).length;
    this.#signal = signal;
  }

  readonly isAlive = ({ instanceId }: IdleInstance) => !this.#stopped.has(instanceId);

  /** Why the instances of a service may still have been there; undefined when the log has shown their ends. */
  doubt(service: string): string | undefined {
    return this.#doubts.get(service);
  }

  /** Instances that may be started at once. */
  get room(): number {
    return this.#mostAlive;
  }

  /** Stops what is there, when so many instances more could break the quota. */
  async makeRoom(instances: number): Promise<void> {
    const alive = this.#alive();
    if (alive > 0 && alive + instances > this.#mostAlive) await this.force();
  }

  /** Two writes a service, whatever the number of its revisions and instances. */
  async force(): Promise<void> {
    this.#unseen = 0;
    await Promise.all(
      this.#deployments.map(async ({ deployment: { service } }) => {
        const instances = this.#walk.instancesOf(service);
        const proof = await this.#platform.scaleToZero(service, instances, this.#signal);
        for (const instance of instances) this.#stopped.add(instance);
        if (proof.proven) this.#doubts.delete(service);
        else this.#doubts.set(service, `not proven gone after manual scaling to 0: ${proof.reason}`);
      }),
    );
  }

  #alive(): number {
    const seen = this.#deployments.flatMap(({ deployment }) => this.#walk.instancesOf(deployment.service));
    return this.#unseen + seen.filter((instance) => !this.#stopped.has(instance)).length;
  }
}
