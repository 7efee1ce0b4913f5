import type { Container, RevisionTemplate } from './messages.ts';
import { durationMs } from './times.ts';
import { validateMetadata } from './validate-metadata.ts';
import { validateProbe } from './validate-probe.ts';
import { validateResources } from './validate-resources.ts';
import { validateSecrets } from './validate-secrets.ts';
import type { Violation } from './violation.ts';

const PATH = 'service.template';
const MAX_CONCURRENCY = 1000;
const MAX_TIMEOUT_S = 3600;
const RESERVED_ENV = ['PORT', 'K_SERVICE', 'K_REVISION', 'K_CONFIGURATION'];
const ENVIRONMENTS = ['EXECUTION_ENVIRONMENT_UNSPECIFIED', 'EXECUTION_ENVIRONMENT_GEN1', 'EXECUTION_ENVIRONMENT_GEN2'];

/** The server-side rules of a revision template whose defaults are filled in. */
export function validateTemplate(service: string, template: RevisionTemplate): Violation[] {
  const found: Violation[] = [];
  const check = (ok: boolean, field: string, text: string) => {
    if (!ok) found.push({ path: `${PATH}.${field}`, text });
  };
  const { revision, scaling = {}, maxInstanceRequestConcurrency: concurrency = 0, executionEnvironment } = template;
  const { minInstanceCount: min = 0, maxInstanceCount: max = 0 } = scaling;
  const timeoutS = durationMs(template.timeout ?? {}) / 1000;
  if (revision !== undefined && revision !== '') found.push(...validateRevisionName(service, revision));
  found.push(...validateMetadata(`${PATH}.`, template));
  check(min >= 0, 'scaling.min_instance_count', `must not be negative, found ${min}.`);
  check(max >= 1, 'scaling.max_instance_count', `must be at least 1, found ${max}.`);
  check(
    min <= max,
    'scaling.min_instance_count',
    `must not be greater than max_instance_count (${max}), found ${min}.`,
  );
  check(
    concurrency >= 1 && concurrency <= MAX_CONCURRENCY,
    'max_instance_request_concurrency',
    `must be between 0 and ${MAX_CONCURRENCY}, found ${concurrency}.`,
  );
  check(
    timeoutS > 0 && timeoutS <= MAX_TIMEOUT_S,
    'timeout',
    `must be between 1s and ${MAX_TIMEOUT_S}s, found ${timeoutS}s.`,
  );
  check(
    executionEnvironment === undefined || ENVIRONMENTS.includes(executionEnvironment),
    'execution_environment',
    `unknown execution environment ${executionEnvironment}.`,
  );
  check(
    template.serviceAccount === undefined ||
      template.serviceAccount === '' ||
      /^[^@\s]+@[^@\s]+$/.test(template.serviceAccount),
    'service_account',
    `must be the e-mail address of a service account, found '${template.serviceAccount}'.`,
  );
  check((template.volumes ?? []).length === 0, 'volumes', 'volumes are not supported by this emulator.');
  const containers = template.containers ?? [];
  check(containers.length > 0, 'containers', 'the template must have a container.');
  check(containers.length <= 1, 'containers', 'more than one container is not supported by this emulator.');
  return [...found, ...containers.flatMap((container, index) => validateContainer(index, template, container))];
}

function validateRevisionName(service: string, revision: string): Violation[] {
  const path = `${PATH}.revision`;
  if (!revision.startsWith(`${service}-`)) {
    return [
      {
        path,
        text: `the revision name must be prefixed by the name of the enclosing Service with a trailing '-', wanted '${service}-...', found '${revision}'.`,
      },
    ];
  }
  if (!/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(revision)) {
    return [
      {
        path,
        text: `must use only lowercase alphanumeric characters and dashes, cannot begin or end with a dash, and cannot be longer than 63 characters, found '${revision}'.`,
      },
    ];
  }
  return [];
}

function validateContainer(index: number, template: RevisionTemplate, container: Container): Violation[] {
  const path = `${PATH}.containers[${index}]`;
  const ports = container.ports ?? [];
  const [port] = ports;
  const names = (container.env ?? []).map(({ name = '' }) => name);
  const reserved = names.filter((name) => RESERVED_ENV.includes(name));
  const repeated = names.filter((name, at) => names.indexOf(name) !== at);
  const found: Violation[] = [];
  const check = (ok: boolean, field: string, text: string) => {
    if (!ok) found.push({ path: `${path}.${field}`, text });
  };
  check((container.image ?? '') !== '', 'image', 'the container must have an image.');
  check(ports.length <= 1, 'ports', `exactly one port is allowed, found ${ports.length}.`);
  check(
    ['', 'http1', 'h2c'].includes(port?.name ?? ''),
    'ports[0].name',
    `must be 'http1' or 'h2c', found '${port?.name}'.`,
  );
  check(
    port?.containerPort === undefined || (port.containerPort >= 1 && port.containerPort <= 65535),
    'ports[0].container_port',
    `must be between 1 and 65535, found ${port?.containerPort}.`,
  );
  check(
    names.every((name) => name !== ''),
    'env',
    'every environment variable must have a name.',
  );
  check(
    reserved.length === 0,
    'env',
    `The following reserved env names were provided: ${reserved.join(', ')}. These values are automatically set by the system.`,
  );
  check(repeated.length === 0, 'env', `duplicate environment variables: ${repeated.join(', ')}.`);
  return [
    ...found,
    ...validateSecrets(path, container.env ?? []),
    ...validateResources(path, template, container),
    ...validateProbe(`${path}.startup_probe`, 'startup', container.startupProbe),
    ...validateProbe(`${path}.liveness_probe`, 'liveness', container.livenessProbe),
    ...validateProbe(`${path}.readiness_probe`, 'readiness', container.readinessProbe),
  ];
}
