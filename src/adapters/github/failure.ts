import type { Clock } from '../../ports/clock.ts';
import { CodeHostError, type CodeHostProblem } from '../../ports/code-host.ts';
import { maskSecrets } from '../logging/masking.ts';
import { limitOf } from './patience.ts';
import { messagesOf } from './rate-limit.ts';
import { type Answer, causesOf, type Trouble, troubleOf } from './trouble.ts';

/** One thing that is asked of GitHub, in words for people. */
export interface Purpose {
  /** What is tried, as a verb phrase: "reading pull request 7". */
  readonly action: string;
  /** What it takes, as a workflow's `permissions` say it: "pull-requests: write". */
  readonly needs: string;
  /** What may be there although the request failed: "the comment". */
  readonly creates?: string;
}

const MAX_MESSAGE_CHARS = 500;
const NETWORK_HINT = 'check the network and the proxy of the runner (HTTPS_PROXY, NO_PROXY)';
const READ_ONLY = "the token of a fork's or Dependabot's pull request only reads";

/** The error of a failed exchange in our own words, without the token; what is no failed exchange stays as it is. */
export function failureOf(error: unknown, purpose: Purpose, token: string, clock: Clock): unknown {
  const known = causesOf(error).find((cause) => cause instanceof CodeHostError);
  if (known !== undefined) return known;
  const trouble = troubleOf(error);
  if (trouble === undefined) return error;
  const { problem, what, hint } = describe(trouble, purpose, clock);
  // The cause holds the request with its headers, so it ends here.
  const message = maskSecrets(`${purpose.action} failed: ${what}`, [token]);
  return new CodeHostError(problem, message, hint === undefined ? {} : { hint: maskSecrets(hint, [token]) });
}

interface Description {
  readonly problem: CodeHostProblem;
  readonly what: string;
  readonly hint?: string;
}

function describe(trouble: Trouble, purpose: Purpose, clock: Clock): Description {
  const { answer, silence } = trouble;
  if (answer === undefined) {
    const what = `GitHub did not answer: ${(silence?.reason ?? '').slice(0, MAX_MESSAGE_CHARS)}`;
    const hint = (silence?.maybeSent === true ? uncertain(purpose) : undefined) ?? NETWORK_HINT;
    return { problem: 'unreachable', what, hint };
  }
  const limit = limitOf(trouble, clock);
  if (limit !== undefined) {
    const until = limit.endsAt.toISOString();
    return {
      problem: 'rate-limited',
      what: `GitHub's ${limit.kind} rate limit lasts until ${until}, longer than we wait`,
      hint: `run the job again after ${until}`,
    };
  }
  return { ...judge(answer, purpose), what: `GitHub answered ${answer.status}${said(answer)}` };
}

function judge(answer: Answer, purpose: Purpose): Omit<Description, 'what'> {
  const { status, body } = answer;
  const text = messagesOf(body).join(' ');
  if (status === 401) {
    return { problem: 'forbidden', hint: "the token is not valid, or no more: give the job's github.token" };
  }
  if (status === 403 && /\blocked\b/i.test(text)) {
    return { problem: 'forbidden', hint: 'the conversation is locked: unlock it to get comments' };
  }
  if (status === 403) {
    return { problem: 'forbidden', hint: `give the job the permission ${permissions(answer, purpose)}; ${READ_ONLY}` };
  }
  if (status === 404 || status === 410) {
    return { problem: 'not-found', hint: `check that it exists; a token without "${purpose.needs}" may not see it` };
  }
  if (status === 422 && /\btoo long\b/i.test(text)) return { problem: 'too-long' };
  if (status >= 500) {
    return { problem: 'unreachable', hint: uncertain(purpose) ?? 'see https://www.githubstatus.com, then try again' };
  }
  return { problem: 'unexpected' };
}

function uncertain({ creates }: Purpose): string | undefined {
  return creates && `${creates} may have been made all the same, so it was not tried again: look before you do`;
}

function said({ body }: Answer): string {
  const text = messagesOf(body).join('; ') || (typeof body === 'string' ? body.trim() : '');
  return text === '' ? '' : `: ${text.slice(0, MAX_MESSAGE_CHARS)}`;
}

/** As `permissions` of a workflow are written. GitHub names sets of them, each of which is enough. */
function permissions({ headers }: Answer, { needs }: Purpose): string {
  const sets = (headers['x-accepted-github-permissions'] ?? '')
    .split(';')
    .map((set) => [...set.matchAll(/([a-z_]{1,40})=(read|write|admin)/g)])
    .filter((set) => set.length > 0)
    .map((set) => set.map(([, name = '', level]) => `"${name.replaceAll('_', '-')}: ${level}"`).join(' with '));
  return sets.length === 0 ? `"${needs}"` : sets.join(' or ');
}
