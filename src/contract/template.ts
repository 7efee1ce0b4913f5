import { randomUUID } from 'node:crypto';

/** Names that a template may mention, with their values. */
export type Scope = ReadonlyMap<string, unknown>;

export interface TemplateSource {
  readonly scope: Scope;
  readonly nowMs: number;
  readonly uuid?: () => string;
}

const TEMPLATE = /\{\{(\$repeat:[^{}]{1,64}?:\d{1,8}|\$?[A-Za-z_][\w-]*)\}\}/g;
const LONGEST_REPEAT = 16 * 1024 * 1024;
const BUILT_IN = ['$uuid', '$timestamp', '$isoTimestamp', '$repeat:<text>:<count>'];

/**
 * A value with all templates replaced: `{{name}}`, `{{$uuid}}`, `{{$timestamp}}` (Unix seconds), `{{$isoTimestamp}}`,
 * `{{$repeat:x:3}}`. A text that is nothing but one template becomes the value itself, with its type.
 */
export function expand<T>(value: T, source: TemplateSource): T {
  return mapTexts(value, (text) => {
    const whole = new RegExp(`^${TEMPLATE.source}$`).exec(text);
    if (whole !== null) return templateValue(whole[1] ?? '', source);
    return text.replace(TEMPLATE, (_, name: string) => textOf(templateValue(name, source)));
  }) as T;
}

/** A text with its templates replaced; stays a text. */
export function expandText(text: string, source: TemplateSource): string {
  return text.replace(TEMPLATE, (_, name: string) => textOf(templateValue(name, source)));
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Templates in a value that name nothing known, each once. */
export function unknownTemplates(value: unknown, known: ReadonlySet<string>): readonly string[] {
  const unknown = new Set<string>();
  mapTexts(value, (text) => {
    for (const [, name = ''] of text.matchAll(TEMPLATE)) {
      if (name.startsWith('$') ? !isBuiltIn(name) : !known.has(name)) unknown.add(name);
    }
    return text;
  });
  return [...unknown];
}

/** Whether a value is a text with a template in it. */
export function isTemplated(value: unknown): boolean {
  return typeof value === 'string' && value.search(TEMPLATE) >= 0;
}

export function builtInTemplates(): readonly string[] {
  return BUILT_IN;
}

/** The value with each template replaced by `x`, for checks of what surrounds them. */
export function withoutTemplates<T>(value: T): T {
  return mapTexts(value, (text) => text.replace(TEMPLATE, 'x')) as T;
}

function isBuiltIn(name: string): boolean {
  return /^\$(uuid|timestamp|isoTimestamp)$/.test(name) || repetition(name) !== undefined;
}

function repetition(name: string): { readonly text: string; readonly count: number } | undefined {
  const found = /^\$repeat:(.+):(\d+)$/s.exec(name);
  if (found === null) return undefined;
  const text = found[1] ?? '';
  const count = Number(found[2]);
  return text.length * count > LONGEST_REPEAT ? undefined : { text, count };
}

function templateValue(name: string, source: TemplateSource): unknown {
  if (name === '$uuid') return (source.uuid ?? randomUUID)();
  if (name === '$timestamp') return Math.floor(source.nowMs / 1000);
  if (name === '$isoTimestamp') return new Date(source.nowMs).toISOString();
  const repeated = repetition(name);
  if (repeated !== undefined) return repeated.text.repeat(repeated.count);
  return source.scope.get(name);
}

function mapTexts(value: unknown, change: (text: string) => unknown): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapTexts(member, change)]));
}
