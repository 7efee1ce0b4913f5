import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';

export const NODE_IMAGE = 'node:24-slim';
export const GO_IMAGE = 'golang:1.26';
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/** Runs Docker's program to its end; gives its standard output. */
export function docker(...args: readonly string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 }).trim();
}

/** Why no real containers run on this machine, or undefined. */
export function missingDocker(): string | undefined {
  const told = spawnSync('docker', ['ps', '--quiet'], { encoding: 'utf8', timeout: 15_000 });
  if (told.status === 0) return undefined;
  return `no Docker engine answers (${(told.error?.message ?? told.stderr).trim().split('\n').at(-1)})`;
}

/** A group of tests on the real engine: skipped without one, failed when REQUIRE_REAL=1 says that there must be one. */
export function describeDocker(
  name: string,
  tests: () => void,
  missingElse: () => string | undefined = () => undefined,
): void {
  const missing = missingDocker() ?? missingElse();
  if (missing === undefined) {
    describe(name, tests);
    return;
  }
  test(name, { skip: process.env.REQUIRE_REAL === '1' ? false : missing }, () => assert.fail(missing));
}

/** Containers of instances, running or not, optionally of one service. */
export function instanceContainers(service?: string): readonly string[] {
  const label = service === undefined ? 'cloudrun-perf=instance' : `cloudrun-perf.service=${service}`;
  return docker('ps', '--all', '--quiet', '--no-trunc', '--filter', `label=${label}`).split('\n').filter(Boolean);
}

/** Whether the machine has what a base image is made of, where the image is not there already. */
export function missingForBase(image: typeof NODE_IMAGE | typeof GO_IMAGE): string | undefined {
  if (has(image)) return undefined;
  if (process.platform !== 'linux') return `${image} has not been pulled, and can be made from a Linux machine only`;
  if (image === NODE_IMAGE) return undefined;
  const go = spawnSync('go', ['version'], { encoding: 'utf8' });
  return go.status === 0
    ? undefined
    : `${image} has not been pulled, and there is no Go on this machine to make it from`;
}

/**
 * Makes a base image under the name that Dockerfiles want, from this machine's own programs and their libraries: no
 * registry is asked. An image that is there already is used as it is. The result removes what was made.
 */
export function provideBase(image: typeof NODE_IMAGE | typeof GO_IMAGE): () => void {
  if (has(image)) return () => undefined;
  const tree = mkdtempSync(join(tmpdir(), 'base-image-'));
  try {
    mkdirSync(join(tree, 'tmp'), { mode: 0o1777 });
    mkdirSync(join(tree, 'root'));
    addProgram(tree, '/bin/sh', '/bin/sh');
    write(tree, '/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n');
    const path = 'ENV PATH=/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin';
    if (image === NODE_IMAGE) {
      addProgram(tree, process.execPath, '/usr/local/bin/node');
      addNpm(tree);
      importTree(image, tree, path, `ENV NODE_EXTRA_CA_CERTS=${CERTIFICATES}`);
    } else {
      copy(tree, CERTIFICATES, CERTIFICATES);
      const root = realpathSync(execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim());
      const place = join(tree, 'usr/local/go');
      mkdirSync(place, { recursive: true });
      for (const part of ['bin', 'pkg', 'src', 'go.env', 'VERSION'])
        execFileSync('cp', ['--archive', join(root, part), place], { timeout: 60_000 });
      importTree(image, tree, path, 'ENV GOTOOLCHAIN=local');
    }
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
  return () => void spawnSync('docker', ['image', 'rm', '--force', image], { timeout: 60_000 });
}

function has(image: string): boolean {
  return spawnSync('docker', ['image', 'inspect', image], { stdio: 'ignore', timeout: 15_000 }).status === 0;
}

function importTree(image: string, tree: string, ...changes: readonly string[]): void {
  const directory = mkdtempSync(join(tmpdir(), 'base-image-'));
  try {
    const file = join(directory, 'tree.tar');
    execFileSync('tar', ['--create', '--owner=0', '--group=0', '--file', file, '--directory', tree, '.'], {
      timeout: 120_000,
    });
    docker('import', ...changes.flatMap((change) => ['--change', change]), file, image);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A program and the libraries that it is linked with, at the places where its loader looks for them. */
export function addProgram(tree: string, from: string, to: string): void {
  copy(tree, from, to);
  const linked = spawnSync('ldd', [from], { encoding: 'utf8' }).stdout;
  for (const [library] of linked.matchAll(/\/\S+\.so\S*/g)) copy(tree, library, library);
}

/** npm as the official image has it; its builds ask the registry, which wants this machine's certificates. */
function addNpm(tree: string): void {
  copy(tree, CERTIFICATES, CERTIFICATES);
  const place = join(tree, 'usr/local/lib/node_modules');
  mkdirSync(place, { recursive: true });
  const program = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
  // <npm>/bin/npm-cli.js
  const npm = dirname(dirname(realpathSync(program)));
  execFileSync('cp', ['--archive', '--dereference', npm, join(place, 'npm')], { timeout: 60_000 });
  const start = '#!/bin/sh\nexec /usr/local/bin/node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n';
  writeFileSync(join(tree, 'usr/local/bin/npm'), start, { mode: 0o755 });
}

function copy(tree: string, from: string, to: string): void {
  mkdirSync(dirname(join(tree, to)), { recursive: true });
  cpSync(realpathSync(from), join(tree, to));
}

function write(tree: string, to: string, text: string): void {
  mkdirSync(dirname(join(tree, to)), { recursive: true });
  writeFileSync(join(tree, to), text);
}
