import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A service that tells who it is: a fresh id per process, its revision, and the nonce of its template; with PERF_MARKER in
 * its environment also by the contract's optional marker.
 */
const SERVER = `
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
const process_id = randomUUID();
let requests = 0;
createServer((request, response) => {
  requests += 1;
  response.setHeader('content-type', 'application/json');
  if (process.env.PERF_MARKER) {
    response.setHeader('x-perf-instance', process_id);
    response.setHeader('x-perf-uptime-ms', performance.now().toFixed(1));
    response.setHeader('x-perf-requests', String(requests));
  }
  response.end(JSON.stringify({
    process: process_id, requests, revision: process.env.K_REVISION, service: process.env.K_SERVICE,
    nonce: process.env.PERF_REVISION_NONCE, greeting: process.env.GREETING,
  }));
}).listen(Number(process.env.PORT), '0.0.0.0');
process.on('SIGTERM', () => {
  if (process.env.PERF_MARKER) console.log(JSON.stringify({ perf: 'sigterm', uptimeMs: Math.round(performance.now()) }));
  process.exit(0);
});
`;

export interface FixtureImages {
  readonly imagesDirectory: string;
  readonly stateDirectory: string;
  /** Serves HTTP. */
  readonly good: string;
  /** Exits at once. */
  readonly broken: string;
  remove(): Promise<void>;
}

/** Prepared process images in a directory of their own. */
export async function createFixtureImages(): Promise<FixtureImages> {
  const root = await mkdtemp(join(tmpdir(), 'platform-suite-'));
  const imagesDirectory = join(root, 'images');
  const stateDirectory = join(root, 'state');
  await mkdir(imagesDirectory);
  await mkdir(stateDirectory);
  const prepare = async (name: string, source: string) => {
    const directory = join(root, name);
    await mkdir(directory);
    await writeFile(join(directory, 'server.mjs'), source);
    const digest = createHash('sha256').update(source).digest('hex');
    const image = `local/${name}@sha256:${digest}`;
    const run = [process.execPath, 'server.mjs'];
    await writeFile(join(imagesDirectory, `${digest}.json`), JSON.stringify({ image, directory, run }));
    return image;
  };
  return {
    imagesDirectory,
    stateDirectory,
    good: await prepare('good', SERVER),
    broken: await prepare('broken', "process.stderr.write('no such module\\n');\nprocess.exit(3);\n"),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
