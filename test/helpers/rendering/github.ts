import rehypeRaw from 'rehype-raw';
import rehypeSanitize, { defaultSchema } from 'rehype-sanitize';
import rehypeStringify from 'rehype-stringify';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import remarkRehype from 'remark-rehype';
import { unified } from 'unified';
import { linkReferences } from './references.ts';
import { elements, type Node } from './tree.ts';

const processor = unified()
  .use(remarkParse)
  .use(remarkGfm)
  .use(() => (tree: Node) => breakLines(tree))
  .use(remarkRehype, { allowDangerousHtml: true })
  .use(rehypeRaw)
  .use(rehypeSanitize, defaultSchema)
  .use(() => (tree: Node) => linkReferences(tree))
  .use(rehypeStringify)
  .freeze();

/**
 * Markdown as GitHub makes HTML of a comment: GitHub-flavoured Markdown with a line break at each new line, GitHub's
 * allow-list of tags and attributes, then links for mentions, issues, commits and the like in what is left of the text.
 */
export function githubHtml(markdown: string): string {
  return String(processor.processSync(markdown));
}

/** The same as a tree, and how many cells the rows of each table are written with: HTML has them padded and cut. */
export function githubTree(markdown: string): {
  readonly tree: Node;
  readonly tables: readonly (readonly number[])[];
} {
  const parsed = processor.parse(markdown);
  const tables = elements(parsed, 'table').map(({ children = [] }) => children.map((row) => row.children?.length ?? 0));
  return { tree: processor.runSync(parsed), tables };
}

/** Comments keep their line ends, other Markdown files do not. */
function breakLines(node: Node): void {
  if (node.children === undefined) return;
  node.children = node.children.flatMap((child) => {
    breakLines(child);
    if (child.type !== 'text' || child.value?.includes('\n') !== true) return [child];
    return child.value
      .split('\n')
      .flatMap((value, index): Node[] => [...(index === 0 ? [] : [{ type: 'break' }]), { type: 'text', value }]);
  });
}
