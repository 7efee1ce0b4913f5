import { parse } from 'yaml';

export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string | boolean;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

export interface WorkflowJob {
  readonly name?: string;
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly permissions?: unknown;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: unknown;
  readonly steps?: readonly Step[];
  readonly with?: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, unknown>>;
}

export interface Declared {
  readonly type?: string;
  readonly description?: string;
  readonly value?: string;
}

export interface Trigger {
  readonly inputs?: Readonly<Record<string, Declared>>;
  readonly outputs?: Readonly<Record<string, Declared>>;
  readonly secrets?: Readonly<Record<string, Declared>>;
}

/** One workflow, ours or one that a service repository has; `text` keeps the comments. */
export interface WorkflowFile {
  readonly path: string;
  readonly text: string;
  readonly on: Readonly<Record<string, Trigger>>;
  readonly permissions?: unknown;
  readonly concurrency?: unknown;
  readonly env?: unknown;
  readonly jobs: Readonly<Record<string, WorkflowJob>>;
}

/** Throws when the text is no workflow. */
export function parseWorkflow(path: string, text: string): WorkflowFile {
  const document = parse(text) as Record<string, unknown> & { readonly jobs?: unknown; readonly on?: unknown };
  if (typeof document.jobs !== 'object' || document.jobs === null || document.on === undefined)
    throw new Error(`${path} is no workflow: wanted on and jobs`);
  return { ...document, path, text, on: triggers(document.on), jobs: document.jobs as WorkflowFile['jobs'] };
}

function triggers(on: unknown): WorkflowFile['on'] {
  const names = typeof on === 'string' ? [on] : Array.isArray(on) ? (on as string[]) : undefined;
  if (names !== undefined) return Object.fromEntries(names.map((name) => [name, {}]));
  return Object.fromEntries(Object.entries(on as object).map(([name, trigger]) => [name, (trigger ?? {}) as Trigger]));
}

export const jobsOf = (file: WorkflowFile) => Object.entries(file.jobs);

export const stepsOf = (file: WorkflowFile) =>
  jobsOf(file).flatMap(([job, { steps = [] }]) => steps.map((step) => ({ job, step })));

export const needsOf = ({ needs = [] }: WorkflowJob): readonly string[] =>
  typeof needs === 'string' ? [needs] : needs;

/** All expressions below a value; `if` needs no braces. */
export function expressionsOf(value: unknown, key = ''): readonly string[] {
  if (typeof value === 'string') {
    const found = [...value.matchAll(/\$\{\{(.*?)\}\}/gs)].map(([, expression]) => expression ?? '');
    return key === 'if' && found.length === 0 ? [value] : found;
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => expressionsOf(member, name));
}

/** What `pattern` (global, with groups) finds in the expressions below a value, without what stands in quotes. */
export function referencesIn(value: unknown, pattern: RegExp): readonly (readonly string[])[] {
  return expressionsOf(value).flatMap((expression) =>
    [...expression.replace(/'[^']*'/g, "''").matchAll(pattern)].map((found) => found.slice(1)),
  );
}
