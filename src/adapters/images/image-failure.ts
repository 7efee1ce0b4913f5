import { stripVTControlCharacters } from 'node:util';
import { InfrastructureError } from '../../domain/errors.ts';
import { maskSecrets } from '../logging/masking.ts';
import { lastLines, type ProgramResult } from '../system/run-program.ts';
import { basicCredentials } from './registry-client.ts';

/** The last lines of both outputs, without what steers terminals and without secrets. */
export function lastWords(
  { stdout, stderr }: Pick<ProgramResult, 'stdout' | 'stderr'>,
  secrets: readonly string[],
  count?: number,
): string {
  // Docker's own builder writes the program's words to the one and its verdict to the other.
  const plain = stripVTControlCharacters(`${stdout.trimEnd()}\n${stderr}`);
  // Masked before it is cut: the part of a secret that a cut leaves would not be found.
  return lastLines(maskSecrets(plain, [...secrets, ...secrets.map(basicCredentials)]), count);
}

export function imageFailure(
  what: string,
  result: ProgramResult,
  place: string,
  secrets: readonly string[],
): InfrastructureError {
  const why = result.timedOut ? 'it took too long' : 'its last lines were';
  return new InfrastructureError('image-failed', `${what}, ${why}:\n${lastWords(result, secrets)}`, {
    hint: `Look at ${place}.`,
  });
}

const REFUSED = /denied|unauthorized|forbidden|no basic auth|authentication required|insufficient_scope|\b40[13]\b/i;
const NO_REPOSITORY = /name unknown|repository .*not found|NAME_UNKNOWN/i;

export function pushFailure(tag: string, result: ProgramResult, secrets: readonly string[]): InfrastructureError {
  const words = lastWords(result, secrets, 5);
  const hint = NO_REPOSITORY.test(words)
    ? 'Create the repository, or correct gcp.artifact_registry.'
    : REFUSED.test(words)
      ? 'The account needs roles/artifactregistry.writer on the repository; for other registries log in with docker login.'
      : 'Check that the registry can be reached and may be written to.';
  const why = result.timedOut ? 'it took too long' : 'the registry refused it';
  return new InfrastructureError('push-failed', `${tag} cannot be pushed, ${why}:\n${words}`, { hint });
}
