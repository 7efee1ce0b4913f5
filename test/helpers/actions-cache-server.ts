import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';

export interface ActionsCacheServer {
  readonly origin: string;
  /** Entries by key, in the order in which they were made. */
  readonly entries: Map<string, { readonly version: string; body: Buffer }>;
  readonly calls: string[];
  close(): Promise<void>;
}

const SERVICE = '/twirp/github.actions.results.api.v1.CacheService/';

/** GitHub's cache service as `@actions/cache` speaks to it: entries by key and version, found by prefix, never changed. */
export async function startActionsCache(token: string): Promise<ActionsCacheServer> {
  const entries: ActionsCacheServer['entries'] = new Map();
  const calls: string[] = [];
  let origin = '';
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const { pathname } = new URL(request.url ?? '', origin);
    calls.push(`${request.method} ${pathname.replace(SERVICE, '')}`);
    const json = (value: object) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (pathname.startsWith('/blob/')) {
      const entry = entries.get(decodeURIComponent(pathname.slice('/blob/'.length)));
      assert.ok(entry !== undefined);
      if (request.method === 'GET') response.writeHead(200, { 'content-length': entry.body.length }).end(entry.body);
      else {
        entry.body = body;
        response.writeHead(201, { etag: '"1"', 'last-modified': new Date(0).toUTCString() }).end();
      }
      return;
    }
    if (request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end('{}');
      return;
    }
    const { key, restore_keys: more = [], version } = JSON.parse(body.toString('utf8'));
    const addressOf = (name: string) => `${origin}/blob/${encodeURIComponent(name)}`;
    switch (pathname.slice(SERVICE.length)) {
      case 'CreateCacheEntry':
        if (entries.has(key)) return json({ ok: false });
        entries.set(key, { version, body: Buffer.alloc(0) });
        return json({ ok: true, signed_upload_url: addressOf(key) });
      case 'FinalizeCacheEntryUpload':
        return json({ ok: true, entry_id: '1' });
      case 'GetCacheEntryDownloadURL': {
        const found = [...entries].findLast(
          ([name, entry]) =>
            entry.version === version && (name === key || more.some((prefix: string) => name.startsWith(prefix))),
        );
        if (found === undefined) return json({ ok: false });
        return json({ ok: true, signed_download_url: addressOf(found[0]), matched_key: found[0] });
      }
    }
    return response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  origin = `http://127.0.0.1:${address.port}`;
  return {
    origin,
    entries,
    calls,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
