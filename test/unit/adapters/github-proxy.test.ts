import assert from 'node:assert/strict';
import { createServer, request as sendRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, it } from 'node:test';
import { connectTo } from '../../helpers/github-fake/adapter.ts';
import { rawZip } from '../../helpers/github-fake/raw-zip.ts';
import { startGitHubFake } from '../../helpers/github-fake.ts';

const LIMITS = { archiveBytes: 10_000, totalBytes: 1000, files: 5 };
const ARTIFACT = { runId: 42, name: 'results', archive: rawZip([{ name: 'a', content: 'x' }]) };

/** Forwards requests and opens tunnels; remembers for which hosts. */
async function startProxy() {
  const hosts = new Set<string>();
  const proxy = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '');
    hosts.add(url.host);
    const { method = 'GET', headers } = incoming;
    incoming.pipe(
      sendRequest(url, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      }),
    );
  });
  proxy.on('connect', ({ url = '' }, socket) => {
    hosts.add(url);
    const [host, port] = url.split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    hosts,
    close: async () => {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

describe('a proxy', () => {
  it('is used for the API and for the store of artifacts, and not where it is excepted', async () => {
    const fake = await startGitHubFake({ artifacts: [ARTIFACT] });
    const proxy = await startProxy();
    try {
      const through = connectTo(fake, { proxy: { httpProxy: proxy.url, noProxy: '' } });
      assert.deepEqual(await through.artifact(42, 'results', LIMITS), new Map([['a', 'x']]));
      assert.equal(proxy.hosts.size, 2, 'the store is another host');
      assert.ok(proxy.hosts.has(new URL(fake.apiUrl).host));
      proxy.hosts.clear();
      const excepted = connectTo(fake, { proxy: { httpProxy: proxy.url, noProxy: '127.0.0.1' } });
      assert.equal((await excepted.artifact(42, 'results', LIMITS))?.size, 1);
      assert.equal(proxy.hosts.size, 0);
    } finally {
      await Promise.all([fake.close(), proxy.close()]);
    }
  });

  it('is taken from the variables of the runner', async () => {
    const fake = await startGitHubFake({ runs: [42] });
    const proxy = await startProxy();
    const names = ['http_proxy', 'HTTP_PROXY', 'no_proxy', 'NO_PROXY'];
    const before = names.map((name) => [name, process.env[name]] as const);
    try {
      for (const name of names) delete process.env[name];
      process.env.HTTP_PROXY = proxy.url;
      assert.equal(await connectTo(fake, { proxy: {} }).artifact(42, 'results', LIMITS), undefined);
      assert.deepEqual([...proxy.hosts], [new URL(fake.apiUrl).host]);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      await Promise.all([fake.close(), proxy.close()]);
    }
  });
});
