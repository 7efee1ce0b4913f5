import { shellQuote } from './shell-quote.ts';

/** One directory of the old repository, and where it lies in the new one; both without a slash at the end. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/** Where renames that would run into each other wait. */
const WAITING = '.filter-repo-waiting';

/** Whether `git filter-repo` can be told a path: it reads them line by line, and `==>` as an arrow. */
export function isRewritable(path: string): boolean {
  return !/[\p{Cc}\u2028\u2029]|==>/u.test(path);
}

/** Lines of bash that rewrite a fresh clone in the working directory to those directories at their new places. */
export function filterRepoCommand(moves: readonly Move[]): readonly string[] {
  const paths = moves.map(({ from }) => `${from}/`);
  const renames = renamesOf(moves.map(({ from, to }) => [`${from}/`, `${to}/`] as const));
  // --path-rename separates by a colon.
  if (paths.some((path) => path.includes(':'))) return byFile(paths, renames);
  const options = [
    ...paths.map((path) => `--path=${shellQuote(path)}`),
    ...renames.map(([from, to]) => `--path-rename=${shellQuote(`${from}:${to}`)}`),
  ];
  return [
    'git filter-repo \\',
    ...options.map((option, index) => `  ${option}${index < options.length - 1 ? ' \\' : ''}`),
  ];
}

type Rename = readonly [from: string, to: string];

/** filter-repo applies renames one after the other: what one has moved, the next may move again. */
function renamesOf(all: readonly Rename[]): readonly Rename[] {
  const renames = all.filter(([from, to]) => from !== to);
  const collide = renames.some(([, to], index) =>
    renames.some(([from], other) => other !== index && to.startsWith(from)),
  );
  if (!collide) return renames;
  return [...renames.map(([from, to]) => [from, `${WAITING}/${to}`] as const), [`${WAITING}/`, '']];
}

function byFile(paths: readonly string[], renames: readonly Rename[]): readonly string[] {
  return [
    "cat > ../paths.txt <<'PATHS'",
    ...paths.map((path) => `literal:${path}`),
    ...renames.map(([from, to]) => `literal:${from}==>${to}`),
    'PATHS',
    'git filter-repo --paths-from-file ../paths.txt',
  ];
}
