import type { InstanceEvent } from '../../src/domain/deployment.ts';
import type { DataPlane, RevisionSpec, Route, Scaling } from '../../src/emulator/model.ts';

export interface FakeDataPlane extends DataPlane {
  /** Everything that was asked for, in order: `add a-00001-xyz`, `open a`, `scaling a manual 0`. */
  readonly calls: readonly string[];
  readonly revisions: ReadonlyMap<string, RevisionSpec>;
  readonly routes: ReadonlyMap<string, Route>;
  /** Revisions whose health check fails, with the reason. */
  readonly unhealthy: Map<string, string>;
  /** What the next call of any method throws. */
  failNext?: Error;
}

/** A data plane that starts nothing and remembers what it was asked for. */
export function createFakeDataPlane(): FakeDataPlane {
  const calls: string[] = [];
  const revisions = new Map<string, RevisionSpec>();
  const routes = new Map<string, Route>();
  const ports = new Map<string, number>();
  const events: InstanceEvent[] = [];
  const called = (text: string) => {
    const error = fake.failNext;
    delete fake.failNext;
    if (error !== undefined) throw error;
    calls.push(text);
  };
  const fake: FakeDataPlane = {
    calls,
    revisions,
    routes,
    unhealthy: new Map(),
    log: { append: (event) => events.push(event), entries: () => events },
    addRevision(spec) {
      called(`add ${spec.name}`);
      revisions.set(spec.name, spec);
    },
    async removeRevision(name) {
      called(`remove ${name}`);
      revisions.delete(name);
    },
    async setScaling(service, scaling) {
      called(`scaling ${service} ${textOf(scaling)}`);
    },
    async checkHealth(name) {
      called(`check ${name}`);
      const reason = fake.unhealthy.get(name);
      return reason === undefined ? { healthy: true } : { healthy: false, reason };
    },
    async openEndpoint(key, route) {
      called(`open ${key}`);
      routes.set(key, route);
      const port = ports.get(key) ?? 40_000 + ports.size;
      ports.set(key, port);
      return `http://127.0.0.1:${port}`;
    },
    async closeEndpoint(key) {
      called(`close ${key}`);
      routes.delete(key);
    },
    async close() {
      called('close');
    },
  };
  return fake;
}

const textOf = (scaling: Scaling) => (scaling.mode === 'manual' ? `manual ${scaling.instanceCount}` : 'automatic');
