/** What the trees of Markdown and of HTML have in common. */
export interface Node {
  type: string;
  tagName?: string;
  value?: string;
  properties?: Record<string, unknown>;
  children?: Node[];
}

/** All nodes of a type in the order of the document. */
export function elements(node: Node, type = 'element'): readonly Node[] {
  return [...(node.type === type ? [node] : []), ...(node.children ?? []).flatMap((child) => elements(child, type))];
}

export function named(node: Node, ...tags: readonly string[]): readonly Node[] {
  return elements(node).filter(({ tagName }) => tagName !== undefined && tags.includes(tagName));
}

export function textOf(node: Node): string {
  return node.type === 'text' ? (node.value ?? '') : (node.children ?? []).map(textOf).join('');
}
