/** Segments of a JSON Pointer (RFC 6901); undefined when it is not one. */
export function pointerSegments(pointer: string): readonly string[] | undefined {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function pointerTo(...segments: readonly (string | number)[]): string {
  return segments.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** What a pointer leads to. `found` tells a member that is null from one that is not there. */
export function resolvePointer(value: unknown, pointer: string): { readonly found: boolean; readonly value?: unknown } {
  let current = value;
  for (const segment of pointerSegments(pointer) ?? [undefined]) {
    if (segment === undefined || typeof current !== 'object' || current === null) return { found: false };
    if (Array.isArray(current) && !/^(0|[1-9]\d*)$/.test(segment)) return { found: false };
    if (!Object.hasOwn(current, segment)) return { found: false };
    current = (current as Readonly<Record<string, unknown>>)[segment];
  }
  return { found: true, value: current };
}
