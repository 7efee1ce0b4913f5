import { CodeHostError, type HostComment, type HostIssue } from '../../ports/code-host.ts';
import { at, idAt, textAt } from './fields.ts';

export function commentOf(value: unknown): HostComment | undefined {
  const id = idAt(value, 'id');
  const url = textAt(value, 'html_url');
  return id === undefined || url === undefined ? undefined : { id, body: textAt(value, 'body') ?? '', url };
}

export function issueOf(value: unknown): HostIssue | undefined {
  const number = idAt(value, 'number');
  const title = textAt(value, 'title');
  const url = textAt(value, 'html_url');
  if (number === undefined || title === undefined || url === undefined) return undefined;
  return { number, title, body: textAt(value, 'body') ?? '', open: at(value, 'state') === 'open', url };
}

/** Names of an issue's labels, which are texts or objects. */
export function labelsOf(issue: unknown): readonly string[] {
  const labels = at(issue, 'labels');
  if (!Array.isArray(labels)) return [];
  return labels.flatMap((label: unknown) => (typeof label === 'string' ? label : (textAt(label, 'name') ?? [])));
}

/** An answer that must have a certain form: a proxy may answer 200 with anything. Throws CodeHostError. */
export function needed<T>(value: T | undefined, action: string): T {
  if (value !== undefined) return value;
  throw new CodeHostError(
    'unexpected',
    `${action} failed: GitHub's answer has not the form that its documentation says`,
    {
      hint: 'check that GITHUB_API_URL is the address of the API, and that no proxy answers in its place',
    },
  );
}
