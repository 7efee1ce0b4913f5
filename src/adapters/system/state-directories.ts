import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface StateDirectories {
  readonly root: string;
  /** Records of running instances. */
  readonly instances: string;
  readonly cache: string;
  /** Builds and images of this process. */
  readonly work: string;
  readonly images: string;
}

/** Outside every repository, so that a service finds nothing of ours above it; see docs/adr/0007. */
export function stateDirectories(env: Readonly<Record<string, string | undefined>>): StateDirectories {
  const { CLOUDRUN_PERF_STATE_DIR: own, XDG_STATE_HOME: xdg } = env;
  const root = resolve(own || join(xdg || join(homedir(), '.local', 'state'), 'cloudrun-perf'));
  const work = join(root, 'work', `${process.pid}-${randomBytes(4).toString('hex')}`);
  return { root, instances: join(root, 'instances'), cache: join(root, 'cache'), work, images: join(work, 'images') };
}

/** Removes the builds of processes that are gone; a process that was killed could not. */
export async function removeDeadWork({ root }: StateDirectories): Promise<void> {
  const works = await readdir(join(root, 'work')).catch(() => []);
  for (const name of works) {
    if (!isAlive(Number.parseInt(name, 10))) await rm(join(root, 'work', name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
