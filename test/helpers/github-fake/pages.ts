import { type FakeAnswer, ok } from './answers.ts';
import type { FakeRequest } from './routes.ts';
import { REPOSITORY_ID } from './state.ts';

const DEFAULT_PER_PAGE = 30;
const MAX_PER_PAGE = 100;

/** One page of a list; the Link header leads on by the repository's id, as GitHub's does. */
export function page(
  request: FakeRequest,
  all: readonly unknown[],
  wrap: (entries: readonly unknown[]) => unknown = (entries) => entries,
): FakeAnswer {
  const perPage = Math.min(MAX_PER_PAGE, countOf(request.query.get('per_page'), DEFAULT_PER_PAGE));
  const number = countOf(request.query.get('page'), 1);
  const last = Math.max(1, Math.ceil(all.length / perPage));
  const link = (target: number, rel: string) => {
    const path = request.path.replace(/^\/repos\/[^/]+\/[^/]+/, `/repositories/${REPOSITORY_ID}`);
    const query = new URLSearchParams([...request.query].filter(([name]) => name !== 'page'));
    query.set('page', String(target));
    return `<${request.apiUrl}${path}?${query}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev')] : []),
    ...(number < last ? [link(number + 1, 'next'), link(last, 'last')] : []),
    ...(number > 1 ? [link(1, 'first')] : []),
  ];
  const entries = all.slice((number - 1) * perPage, number * perPage);
  return { ...ok(wrap(entries)), ...(links.length === 0 ? {} : { headers: { link: links.join(', ') } }) };
}

function countOf(text: string | null, otherwise: number): number {
  return text !== null && /^[1-9]\d*$/.test(text) ? Number(text) : otherwise;
}
