import type { Container, RevisionTemplate } from './messages.ts';
import { parseCpu, parseMemory } from './quantity.ts';
import type { Violation } from './violation.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const WHOLE_CPUS = [1, 2, 4, 6, 8];
/** Largest memory by CPU and smallest CPU by memory, as Cloud Run documents them. */
const MAX_MEMORY: readonly (readonly [cpu: number, bytes: number])[] = [
  [0.5, 512 * MIB],
  [1, GIB],
  [2, 4 * GIB],
  [4, 8 * GIB],
  [6, 16 * GIB],
  [8, 24 * GIB],
  [Number.POSITIVE_INFINITY, 32 * GIB],
];

/** CPU and memory of a container, and what a fraction of a CPU demands of the template. Defaults must be filled in. */
export function validateResources(path: string, template: RevisionTemplate, container: Container): Violation[] {
  const limits = container.resources?.limits ?? {};
  const at = `${path}.resources.limits`;
  const cpu = parseCpu(limits.cpu ?? '');
  const memory = parseMemory(limits.memory ?? '');
  const unknown = Object.keys(limits).filter((name) => !['cpu', 'memory'].includes(name));
  return [
    ...unknown.map((name) => ({ path: at, text: `unsupported resource '${name}'; supported are cpu and memory.` })),
    ...(cpu === undefined || !(WHOLE_CPUS.includes(cpu) || (cpu >= 0.08 && cpu < 1))
      ? [
          {
            path: `${at}.cpu`,
            text: `Invalid value specified for cpu '${limits.cpu}'. Must be 0.08 to less than 1, or one of ${WHOLE_CPUS.join(', ')}.`,
          },
        ]
      : cpu < 1
        ? fractionRules(path, cpu, template, container)
        : []),
    ...(memory === undefined
      ? [{ path: `${at}.memory`, text: `Invalid value specified for memory '${limits.memory}'.` }]
      : memoryRules(`${at}.memory`, cpu ?? 1, memory, template)),
  ];
}

function fractionRules(path: string, cpu: number, template: RevisionTemplate, container: Container): Violation[] {
  const found: Violation[] = [];
  if ((template.maxInstanceRequestConcurrency ?? 1) > 1) {
    found.push({
      path: 'service.template.max_instance_request_concurrency',
      text: `Total cpu < 1 is not supported with concurrency > 1, found cpu ${cpu} and concurrency ${template.maxInstanceRequestConcurrency}.`,
    });
  }
  if (template.executionEnvironment === 'EXECUTION_ENVIRONMENT_GEN2') {
    found.push({
      path: 'service.template.execution_environment',
      text: `Total cpu < 1 is not supported with the second generation execution environment, found cpu ${cpu}.`,
    });
  }
  if (container.resources?.cpuIdle !== true) {
    found.push({
      path: `${path}.resources.cpu_idle`,
      text: `Total cpu < 1 is supported only with cpu_idle, found cpu ${cpu} and CPU always allocated.`,
    });
  }
  return found;
}

function memoryRules(path: string, cpu: number, memory: number, template: RevisionTemplate): Violation[] {
  const max = MAX_MEMORY.find(([limit]) => cpu < limit)?.[1] ?? 0;
  const min = template.executionEnvironment === 'EXECUTION_ENVIRONMENT_GEN2' ? 512 * MIB : 128 * MIB;
  const mib = (bytes: number) => `${Math.round(bytes / MIB)}Mi`;
  if (memory > max)
    return [
      { path, text: `Invalid value specified for memory: at most ${mib(max)} with ${cpu} cpu, found ${mib(memory)}.` },
    ];
  if (memory < min)
    return [
      { path, text: `Invalid value specified for memory: at least ${mib(min)} is required, found ${mib(memory)}.` },
    ];
  return [];
}
