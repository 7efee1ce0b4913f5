import { CodeHostError } from '../../ports/code-host.ts';
import { createAccount, type IsOwn } from './account.ts';
import { type Call, type ClientOptions, createClient, type Session } from './client.ts';

/** Calls about one repository, whose owner and name need not be given. */
export interface RepositorySession {
  send(call: Call): Promise<unknown>;
  /** As send; undefined when GitHub does not find it. */
  find(call: Call): Promise<unknown>;
  list(call: Call): Promise<readonly unknown[]>;
  /** Whether a `user` of an answer is the token's own account. */
  ownership(): Promise<IsOwn>;
  readonly whole: Session;
}

/** One for each call of the port. */
export type Begin = (signal: AbortSignal | undefined) => RepositorySession;

export function createRepository(repository: string, options: ClientOptions): Begin {
  const [owner = '', repo = ''] = repository.split('/');
  const begin = createClient(options);
  const account = createAccount();
  const within = (call: Call): Call => ({ ...call, parameters: { owner, repo, ...call.parameters } });
  return (signal) => {
    const session = begin(signal);
    const about: Session = {
      ...session,
      send: (call) => session.send(within(call)),
      list: (call) => session.list(within(call)),
      open: (call) => session.open(within(call)),
    };
    return {
      send: about.send,
      find: (call) => unlessMissing(about.send(call)),
      list: about.list,
      ownership: () => account(session),
      whole: about,
    };
  };
}

async function unlessMissing(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof CodeHostError && error.problem === 'not-found') return undefined;
    throw error;
  }
}
