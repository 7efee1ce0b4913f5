import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface OciRegistry {
  /** 127.0.0.1 and its port. */
  readonly host: string;
  stop(): Promise<void>;
}

export interface OciRegistryOptions {
  /** Line of an htpasswd file, with bcrypt; absent: everybody may push and pull. */
  readonly htpasswd?: string;
  readonly readOnly?: boolean;
  /** Directory of another registry's images. */
  readonly root?: string;
}

/** Why no OCI registry can be started on this machine, or undefined. */
export function missingRegistry(): string | undefined {
  return spawnSync('docker-registry', ['--version']).status === 0 ? undefined : 'docker-registry is not on the PATH';
}

/** A real registry of this test alone, on a free port of the loopback interface. */
export async function startRegistry(options: OciRegistryOptions = {}): Promise<OciRegistry> {
  const directory = mkdtempSync(join(tmpdir(), 'oci-registry-'));
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const storage = {
    filesystem: { rootdirectory: options.root ?? join(directory, 'data') },
    delete: { enabled: true },
    maintenance: { readonly: { enabled: options.readOnly === true } },
  };
  writeFileSync(join(directory, 'htpasswd'), `${options.htpasswd ?? ''}\n`);
  const auth = { htpasswd: { realm: 'test', path: join(directory, 'htpasswd') } };
  const config = {
    version: '0.1',
    log: { level: 'error' },
    storage,
    http: { addr: host },
    ...(options.htpasswd === undefined ? {} : { auth }),
  };
  // JSON is YAML.
  writeFileSync(join(directory, 'config.yml'), JSON.stringify(config));
  const child = spawn('docker-registry', ['serve', join(directory, 'config.yml')], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const stop = async () => {
    child.kill();
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const status = await fetch(`http://${host}/v2/`).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200 || status === 401) return { host, stop };
    if (child.exitCode !== null) break;
    await sleep(50);
  }
  await stop();
  throw new Error(`docker-registry does not answer at ${host}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const OCI = 'application/vnd.oci.image';
export const OCI_MANIFEST = `${OCI}.manifest.v1+json`;
export const OCI_INDEX = `${OCI}.index.v1+json`;

/** Puts an image of one empty layer into a registry, made for any platform, and tags it. */
export async function putImage(host: string, name: string, tag: string, architecture: string): Promise<Descriptor> {
  const layer = Buffer.alloc(1024);
  const diff = `sha256:${createHash('sha256').update(layer).digest('hex')}`;
  const config = { architecture, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [diff] } };
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: await putBlob(host, name, `${OCI}.config.v1+json`, Buffer.from(JSON.stringify(config))),
    layers: [await putBlob(host, name, `${OCI}.layer.v1.tar`, layer)],
  };
  return putManifest(host, name, tag, OCI_MANIFEST, manifest);
}

/** Puts a manifest or an index; gives its descriptor with the digest that the registry answered. */
export async function putManifest(
  host: string,
  name: string,
  tag: string,
  mediaType: string,
  manifest: object,
): Promise<Descriptor> {
  const body = JSON.stringify(manifest);
  const url = `http://${host}/v2/${name}/manifests/${tag}`;
  const response = await fetch(url, { method: 'PUT', headers: { 'content-type': mediaType }, body });
  if (response.status !== 201) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return { mediaType, digest: response.headers.get('docker-content-digest') ?? '', size: Buffer.byteLength(body) };
}

async function putBlob(host: string, name: string, mediaType: string, bytes: Buffer): Promise<Descriptor> {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const opened = await fetch(`http://${host}/v2/${name}/blobs/uploads/`, { method: 'POST' });
  const place = new URL(opened.headers.get('location') ?? '', `http://${host}`);
  place.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  const response = await fetch(place, { method: 'PUT', headers, body: new Uint8Array(bytes) });
  if (response.status !== 201) throw new Error(`${place}: ${response.status} ${await response.text()}`);
  return { mediaType, digest, size: bytes.length };
}
