import type { ReadableStream } from 'node:stream/web';
import { type ArtifactLimits, CodeHostError } from '../../ports/code-host.ts';
import type { ApiAnswer, Session } from './client.ts';
import { at, idAt, textAt } from './fields.ts';
import { Trouble } from './trouble.ts';
import { unzip } from './unzip.ts';
import { ZipRefused } from './zip-directory.ts';

export interface WantedArtifact {
  readonly runId: number;
  readonly name: string;
  readonly limits: ArtifactLimits;
}

/** The text files of the newest artifact of that name that has not expired; undefined when there is none. */
export async function readArtifact(
  session: Session,
  wanted: WantedArtifact,
): Promise<ReadonlyMap<string, string> | undefined> {
  const { runId, name, limits } = wanted;
  const found = await findArtifact(session, wanted);
  if (found === undefined) return undefined;
  const subject = `artifact ${name} of run ${runId}`;
  if (found.bytes > limits.archiveBytes) throw tooLarge(subject, found.bytes, limits);
  const archive = await download(session, wanted, found.id, subject);
  try {
    return unzip(archive, limits);
  } catch (error) {
    if (!(error instanceof ZipRefused)) throw error;
    throw new CodeHostError('artifact-refused', `${subject} was not read: the archive ${error.message}`, {
      hint: 'upload the results directory as it was written, with actions/upload-artifact',
    });
  }
}

async function findArtifact(
  session: Session,
  { runId, name }: WantedArtifact,
): Promise<{ readonly id: number; readonly bytes: number } | undefined> {
  const listed = await session
    .list({
      action: `listing the artifacts of run ${runId}`,
      needs: 'actions: read',
      route: 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts',
      parameters: { run_id: runId, name },
    })
    .catch((error: unknown) => {
      if (error instanceof CodeHostError && error.problem === 'not-found') return [];
      throw error;
    });
  // Ids grow; another attempt of the same run uploads under the same name.
  return listed
    .filter((artifact) => textAt(artifact, 'name') === name && at(artifact, 'expired') === false)
    .flatMap((artifact) => {
      const id = idAt(artifact, 'id');
      const bytes = at(artifact, 'size_in_bytes');
      return id === undefined || typeof bytes !== 'number' ? [] : [{ id, bytes }];
    })
    .toSorted((a, b) => b.id - a.id)[0];
}

/** GitHub answers with a signed address elsewhere, which must not get the token and does not appear in errors. */
async function download(session: Session, { limits }: WantedArtifact, id: number, subject: string): Promise<Buffer> {
  const purpose = { action: `downloading ${subject}`, needs: 'actions: read' };
  return session.persist(purpose, async () => {
    const opened = await session.open({
      ...purpose,
      route: 'GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}',
      parameters: { artifact_id: id, archive_format: 'zip' },
    });
    const body = opened.status === 200 ? opened.data : await follow(session, opened, purpose.action);
    return collect(body as ReadableStream<Uint8Array> | null, subject, limits);
  });
}

async function follow(session: Session, { status, headers, data }: ApiAnswer, action: string): Promise<unknown> {
  await (data as ReadableStream | null)?.cancel();
  const address = URL.parse(typeof headers.location === 'string' ? headers.location : '', session.apiUrl);
  const allowed = ['https:', new URL(session.apiUrl).protocol];
  if (address === null || headers.location === undefined || !allowed.includes(address.protocol)) {
    throw new CodeHostError('unexpected', `${action} failed: GitHub answered ${status} without an address to follow`);
  }
  const response = await session.fetchOutside(address.href);
  if (response.ok) return response.body;
  await response.body?.cancel();
  if (response.status >= 500) throw new Trouble({ answer: { status: response.status, headers: {}, body: undefined } });
  throw new CodeHostError('unexpected', `${action} failed: the store of artifacts answered ${response.status}`);
}

async function collect(
  body: ReadableStream<Uint8Array> | null,
  subject: string,
  limits: ArtifactLimits,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > limits.archiveBytes) throw tooLarge(subject, bytes, limits);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(subject: string, bytes: number, { archiveBytes }: ArtifactLimits): CodeHostError {
  return new CodeHostError(
    'artifact-refused',
    `${subject} was not read: found an archive of at least ${bytes} bytes, wanted at most ${archiveBytes}`,
    { hint: 'upload the results directory only' },
  );
}
