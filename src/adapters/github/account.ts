import { CodeHostError } from '../../ports/code-host.ts';
import type { Session } from './client.ts';
import { at, loginAt, textAt } from './fields.ts';

/** Whose token every job gets. */
const JOB_ACCOUNT = 'github-actions[bot]';

/** Whether a `user` of an answer is the account that the token belongs to. */
export type IsOwn = (user: unknown) => boolean;

/** Finds the token's account, once; by GraphQL, because REST tells it to people only. */
export function createAccount(): (session: Session) => Promise<IsOwn> {
  let known: IsOwn | undefined;
  return async (session) => {
    known ??= matches(await viewer(session));
    return known;
  };
}

async function viewer(session: Session): Promise<string> {
  const call = {
    action: "asking for the token's own account",
    needs: 'metadata: read',
    route: `POST ${session.graphqlUrl}`,
    parameters: { query: 'query { viewer { login } }' },
    repeatable: true,
  };
  try {
    const answer = await session.send(call);
    const errors = at(answer, 'errors');
    if (Array.isArray(errors) && errors.some((error: unknown) => textAt(error, 'type') === 'RATE_LIMITED')) {
      throw new CodeHostError('rate-limited', `${call.action} failed: GitHub's GraphQL rate limit is used up`, {
        hint: 'run the job again in an hour',
      });
    }
    return loginAt(answer, 'data', 'viewer', 'login') ?? JOB_ACCOUNT;
  } catch (error) {
    const refused = error instanceof CodeHostError && ['forbidden', 'not-found', 'unexpected'].includes(error.problem);
    if (refused) return JOB_ACCOUNT;
    throw error;
  }
}

/** GitHub's APIs differ in whether an app's name ends with `[bot]`; in REST only an app's does, a person's cannot. */
function matches(account: string): IsOwn {
  const login = account.toLowerCase();
  return (user) => {
    const author = textAt(user, 'login')?.toLowerCase();
    return author === login || author === `${login}[bot]`;
  };
}
