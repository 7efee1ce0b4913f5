import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

export interface GcsServer {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  createBucket(name: string): Promise<void>;
  /** Stores any object, past the store under test. */
  put(bucket: string, object: string, body: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

const NAME = 'fake-gcs-server';

function findServer(): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), join(homedir(), 'go', 'bin')];
  return [process.env.FAKE_GCS_SERVER, ...directories.map((directory) => join(directory, NAME))].find((file) => {
    try {
      if (file !== undefined) accessSync(file, constants.X_OK);
      return file !== undefined;
    } catch {
      return false;
    }
  });
}

/** A group of tests on fake-gcs-server: skipped without it, failed when REQUIRE_REAL=1 says that it must be there. */
export function withGcsServer(name: string, body: (start: () => Promise<GcsServer>) => void): void {
  const binary = findServer();
  if (binary !== undefined) {
    describe(name, () => body(() => startServer(binary)));
    return;
  }
  const missing = `${NAME} is not installed: .ci/real-components does that`;
  test(name, { skip: process.env.REQUIRE_REAL === '1' ? false : missing }, () => assert.fail(missing));
}

async function startServer(binary: string): Promise<GcsServer> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const flags = ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-backend', 'memory'];
  const names = ['-external-url', origin, '-public-host', `127.0.0.1:${port}`, '-log-level', 'error'];
  const child = spawn(binary, [...flags, ...names], { stdio: ['ignore', 'ignore', 'inherit'] });
  await untilAnswering(child, origin);
  const send = async (path: string, body: string | Buffer, headers: Readonly<Record<string, string>>) => {
    const response = await fetch(`${origin}${path}`, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body)),
      headers,
    });
    assert.ok(response.ok, `${path}: ${response.status} ${await response.text()}`);
  };
  return {
    origin,
    createBucket: (bucket) =>
      send('/storage/v1/b', JSON.stringify({ name: bucket }), { 'content-type': 'application/json' }),
    put: (bucket, object, body, headers = {}) =>
      send(`/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${encodeURIComponent(object)}`, body, {
        'content-type': 'application/json',
        ...headers,
      }),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function untilAnswering(child: ChildProcess, origin: string): Promise<void> {
  for (let round = 0; round < 200; round++) {
    assert.equal(child.exitCode, null, `${NAME} has ended`);
    const answered = await fetch(`${origin}/_internal/healthcheck`).catch(() => undefined);
    if (answered?.ok === true) return;
    await sleep(50);
  }
  child.kill('SIGKILL');
  assert.fail(`${NAME} does not answer`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}
