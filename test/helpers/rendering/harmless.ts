import { githubTree } from './github.ts';
import { elements, named, textOf } from './tree.ts';

/** What our texts are made of; everything else comes from somebody else. */
const OURS = new Set(
  'p h2 table thead tbody tr th td ul li details summary sub code pre strong del span a br'.split(' '),
);
/** All but the blank of no width that we break references with. */
const INVISIBLE = /(?!\u200b)[\p{Cc}\p{Cf}\u115f\u3164]/u;

/** What a text of ours is made of. */
export interface Expected {
  readonly headings: number;
  /** Addresses that we link to. */
  readonly links?: readonly string[];
  /** Commits that we name, in 12 characters. */
  readonly commits?: readonly string[];
}

/**
 * What hostile text has made of a rendered document: elements that we do not write, links to where we do not link,
 * headings and cells that are not ours, folds that it opened or closed. Empty when it is harmless.
 */
export function harmOf(markdown: string, { headings, links = [], commits = [] }: Expected): readonly string[] {
  const { tree, tables } = githubTree(markdown);
  const tags = new Set(elements(tree).map(({ tagName = '' }) => tagName));
  const reached = named(tree, 'a').filter((link) =>
    String(link.properties?.className) === 'commit'
      ? !commits.includes(textOf(link))
      : !links.includes(String(link.properties?.href)),
  );
  const found = named(tree, 'h1', 'h2', 'h3', 'h4', 'h5', 'h6').length;
  const folds = named(tree, 'details');
  const written = markdown.match(/^<details><summary>/gm)?.length ?? 0;
  const hidden = INVISIBLE.exec(textOf(tree).replaceAll('\n', ''));
  return [
    ...[...tags].filter((tag) => !OURS.has(tag)).map((tag) => `an element ${tag}`),
    ...reached.map((link) => `a link: ${textOf(link)}`),
    ...(found === headings ? [] : [`${found} headings, not ${headings}`]),
    ...(folds.length === written ? [] : [`${folds.length} folds, not ${written}`]),
    ...folds.filter(({ properties }) => properties?.open !== undefined).map(() => 'an open fold'),
    ...folds.filter((fold) => named(fold, 'details').length > 1).map(() => 'a fold in a fold'),
    ...tables
      .filter((widths) => new Set(widths).size > 1)
      .map((widths) => `a table with rows of ${[...new Set(widths)].join(' and ')} cells`),
    ...(hidden === null ? [] : [`a hidden character U+${hidden[0].codePointAt(0)?.toString(16)}`]),
  ];
}
