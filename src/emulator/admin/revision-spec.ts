import type { InstanceProbe, RevisionSpec } from '../model.ts';
import { plainVariables, type SecretLookup, secretVariables } from './local-secrets.ts';
import type { Probe, RevisionTemplate } from './messages.ts';
import { parseCpu, parseMemory } from './quantity.ts';
import { durationMs } from './times.ts';

/** What the data plane must know of a revision. The template has been validated and its defaults are filled in. */
export function revisionSpec(
  service: string,
  name: string,
  template: RevisionTemplate,
  secret: SecretLookup,
): RevisionSpec {
  const container = template.containers?.[0] ?? {};
  const limits = container.resources?.limits ?? {};
  return {
    service,
    name,
    image: container.image ?? '',
    command: container.command ?? [],
    args: container.args ?? [],
    env: plainVariables(container.env ?? []),
    secrets: secretVariables(container.env ?? [], secret),
    containerPort: container.ports?.[0]?.containerPort ?? 8080,
    portName: container.ports?.[0]?.name === 'h2c' ? 'h2c' : 'http1',
    cpu: parseCpu(limits.cpu ?? '') ?? 1,
    memoryBytes: parseMemory(limits.memory ?? '') ?? 0,
    concurrency: template.maxInstanceRequestConcurrency ?? 1,
    minInstances: template.scaling?.minInstanceCount ?? 0,
    maxInstances: template.scaling?.maxInstanceCount ?? 1,
    timeoutMs: durationMs(template.timeout ?? {}),
    startupProbe: instanceProbe(container.startupProbe ?? {}),
    ...(container.livenessProbe === undefined ? {} : { livenessProbe: instanceProbe(container.livenessProbe) }),
  };
}

function instanceProbe(probe: Probe): InstanceProbe {
  const kind = probe.httpGet !== undefined ? 'http' : probe.grpc !== undefined ? 'grpc' : 'tcp';
  return {
    kind,
    ...(kind === 'http' ? { path: probe.httpGet?.path || '/' } : {}),
    initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1000,
    timeoutMs: (probe.timeoutSeconds ?? 1) * 1000,
    periodMs: (probe.periodSeconds ?? 10) * 1000,
    failureThreshold: probe.failureThreshold ?? 3,
  };
}
