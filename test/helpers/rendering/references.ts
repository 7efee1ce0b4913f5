import type { Node } from './tree.ts';

// What GitHub's documentation of autolinked references names, and emoji. Written wider than GitHub's own patterns are:
// what these do not find, GitHub does not find either.
const REFERENCES: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['mention', /@[a-z\d](?:[a-z\d-]*)(?:\/[\w.-]+)?/i],
  ['issue', /#\d+/],
  ['issue', /\bGH-\d+/i],
  ['advisory', /\b(?:GHSA-[\w-]+|CVE-\d+-\d+)/i],
  // A number is a commit's name only by chance.
  ['commit', /\b(?=\d*[a-f])[0-9a-f]{7,40}\b/i],
  ['address', /\b(?:[a-z][a-z\d+.-]*:\/\/|www\.)\S/i],
  ['mail', /[\w.+-]+@[\w-]+\.\w/],
  ['emoji', /:[a-z+-][\w+-]*:/i],
  ['formula', /\$[^$\s](?:[^$]*[^$\s])?\$/],
];

const OPAQUE = new Set(['code', 'pre', 'a', 'kbd', 'script', 'style']);

/** Makes elements `<a class="KIND">` of references in text, as GitHub does after its Markdown; in code it makes none. */
export function linkReferences(node: Node): void {
  if (node.children === undefined || OPAQUE.has(node.tagName ?? '')) return;
  node.children = node.children.flatMap((child) => {
    linkReferences(child);
    return child.type === 'text' ? linked(child.value ?? '') : [child];
  });
}

function linked(text: string): Node[] {
  const found = REFERENCES.map(([kind, pattern]) => ({ kind, match: pattern.exec(text) }))
    .filter(({ match }) => match !== null)
    .toSorted((a, b) => (a.match?.index ?? 0) - (b.match?.index ?? 0))[0];
  if (found?.match === undefined || found.match === null) return text === '' ? [] : [{ type: 'text', value: text }];
  const { kind, match } = found;
  const link: Node = {
    type: 'element',
    tagName: 'a',
    properties: { className: [kind] },
    children: [{ type: 'text', value: match[0] }],
  };
  return [
    ...(match.index === 0 ? [] : [{ type: 'text', value: text.slice(0, match.index) }]),
    link,
    ...linked(text.slice(match.index + match[0].length)),
  ];
}
