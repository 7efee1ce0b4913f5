import type { SourcePosition } from '../domain/errors.ts';
import { pointerSegments } from './pointer.ts';
import { child, position, type Source, sourceTree } from './source-tree.ts';

/**
 * Where a JSON Pointer leads to in a source: the value, or its key when `part` says so. A pointer to something that is
 * not there gives the nearest object or list above it.
 */
export function locate(source: Source, pointer: string, part: 'value' | 'key' = 'value'): SourcePosition {
  const tree = sourceTree(source);
  let found: { key: unknown; value: unknown } = { key: tree.document.contents, value: tree.document.contents };
  for (const segment of pointerSegments(pointer) ?? []) {
    const next = child(tree, found.value, segment);
    if (next === undefined) {
      // Something is missing below: the key names the object better than its first member does.
      return position(source, tree.lines, offsetOf(found.key));
    }
    found = next;
  }
  return position(source, tree.lines, offsetOf(part === 'key' ? found.key : found.value));
}

function offsetOf(node: unknown): number | undefined {
  return (node as { readonly range?: readonly number[] | null } | null)?.range?.[0];
}
