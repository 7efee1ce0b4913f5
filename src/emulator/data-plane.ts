import { InfrastructureError } from '../domain/errors.ts';
import type { ScalingTarget } from './autoscaler-model.ts';
import { createRevisionRunner, type RevisionRunner } from './data-plane-revision.ts';
import { type Endpoint, openEndpoint } from './endpoint.ts';
import { createInstanceLog } from './instance-log.ts';
import type { DataPlane, EmulatorSettings, InstanceRuntime, Route, Scaling } from './model.ts';

interface OpenEndpoint {
  route: Route;
  readonly endpoint: Promise<Endpoint>;
}

/**
 * Endpoints, instances and requests of the emulated platform. Manual scaling with a count above 0 gives that many
 * instances to the service's latest revision; its other revisions start at most one, for a request to their tag.
 */
export function createDataPlane(settings: EmulatorSettings, runtime: InstanceRuntime): DataPlane {
  const log = createInstanceLog(undefined, settings.faultsOf);
  const runners = new Map<string, RevisionRunner>();
  const scalings = new Map<string, Scaling>();
  const endpoints = new Map<string, OpenEndpoint>();
  let closed = false;

  const scalingOf = (service: string): Scaling => scalings.get(service) ?? { mode: 'automatic' };
  const runnersOf = (service: string) => [...runners.values()].filter((runner) => runner.spec.service === service);

  function retarget(service: string): Promise<void> {
    const scaling = scalingOf(service);
    const all = runnersOf(service);
    const latest = all.at(-1);
    return Promise.all(all.map((runner) => runner.retarget(targetOf(scaling, runner === latest)))).then(() => {});
  }

  async function closeEndpoint(key: string): Promise<void> {
    const open = endpoints.get(key);
    if (open === undefined) return;
    endpoints.delete(key);
    await (await open.endpoint).close(settings.shutdownGraceMs);
  }

  async function removeRevision(name: string): Promise<void> {
    const runner = runners.get(name);
    if (runner === undefined) return;
    runners.delete(name);
    const { service } = runner.spec;
    if (runnersOf(service).length === 0) scalings.delete(service);
    await runner.retire();
  }

  return {
    log,
    addRevision(spec) {
      if (closed) throw new InfrastructureError('data-plane-closed', `${spec.name}: the emulator is shutting down.`);
      if (runners.has(spec.name)) {
        throw new InfrastructureError('revision-exists', `Revision ${spec.name} exists; a revision never changes.`);
      }
      const target = targetOf(scalingOf(spec.service), true);
      const runner = createRevisionRunner(spec, target, settings, runtime, log);
      runners.set(spec.name, runner);
      if (settings.faultsOf?.(spec.name)?.startsAtDeploy === true) void runner.checkHealth();
      // It is the latest now, which matters to the others when scaling is manual.
      if (target.mode === 'manual') void retarget(spec.service);
    },
    removeRevision,
    async setScaling(service, scaling) {
      scalings.set(service, scaling);
      await retarget(service);
    },
    async checkHealth(name) {
      const runner = runners.get(name);
      if (runner === undefined) return { healthy: false, reason: `revision ${name} does not exist` };
      const outcome = await runner.checkHealth();
      return outcome.ready ? { healthy: true } : { healthy: false, reason: outcome.reason };
    },
    async openEndpoint(key, route) {
      const known = endpoints.get(key);
      if (known !== undefined) {
        known.route = route;
        return (await known.endpoint).origin;
      }
      const open: OpenEndpoint = {
        route,
        endpoint: openEndpoint(() => {
          const name = open.route();
          return name === undefined ? undefined : runners.get(name);
        }, log),
      };
      endpoints.set(key, open);
      try {
        return (await open.endpoint).origin;
      } catch (error) {
        endpoints.delete(key);
        throw error;
      }
    },
    closeEndpoint,
    async close() {
      closed = true;
      await Promise.all([...runners.keys()].map(removeRevision));
      await Promise.all([...endpoints.keys()].map(closeEndpoint));
    },
  };
}

function targetOf(scaling: Scaling, isLatest: boolean): ScalingTarget {
  if (scaling.mode === 'automatic') return { mode: 'automatic' };
  if (scaling.instanceCount === 0) return { mode: 'manual', floor: 0, ceiling: 0 };
  return isLatest
    ? { mode: 'manual', floor: scaling.instanceCount, ceiling: scaling.instanceCount }
    : { mode: 'manual', floor: 0, ceiling: 1 };
}
