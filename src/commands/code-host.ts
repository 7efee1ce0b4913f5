import { UsageError } from '../domain/errors.ts';
import type { CodeHost } from '../ports/code-host.ts';
import type { Ports } from './ports.ts';

/** The code host, for what is pointless without it. Throws UsageError. */
export async function neededHost(ports: Ports): Promise<CodeHost> {
  const host = await ports.codeHost();
  if (host !== undefined) return host;
  throw new UsageError('no-code-host', 'found no GitHub job and token, wanted both', {
    hint: "run it in a GitHub workflow; the input github-token is the job's token when it is left out",
  });
}
