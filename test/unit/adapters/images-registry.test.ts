import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { parseImageReference } from '../../../src/adapters/images/image-reference.ts';
import { askRegistry } from '../../../src/adapters/images/registry-client.ts';

const TOKEN = 'planted-token-of-the-run';
const PLATFORM = 'linux/amd64';
const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const described = (text: string) => ({ digest: digestOf(text), size: text.length });

const CONFIG = JSON.stringify({ os: 'linux', architecture: 'amd64' });
const LAYERS = [
  { digest: digestOf('1'), size: 1000 },
  { digest: digestOf('2'), size: 24 },
];
const MANIFEST = JSON.stringify({ schemaVersion: 2, config: described(CONFIG), layers: LAYERS });
const SIZE = CONFIG.length + 1024;

/** What the server of this test answers; by path, `GET` only. */
type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let answers: Record<string, Answer>;
let seen: { readonly url: string; readonly authorization: string | undefined }[];
const listener: Answer = (request, response) => {
  const url = request.url ?? '';
  seen.push({ url, authorization: request.headers.authorization });
  const answer = answers[url.split('?')[0] ?? ''];
  if (answer === undefined) response.writeHead(404).end();
  else answer(request, response);
};
const server = createServer(listener);
const stranger = createServer(listener);
let host: string;
let strangerOrigin: string;

before(async () => {
  for (const each of [server, stranger]) await once(each.listen(0, '127.0.0.1'), 'listening');
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  strangerOrigin = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  stranger.close();
});
beforeEach(() => {
  seen = [];
  answers = { '/v2/a/manifests/t': body(MANIFEST), [`/v2/a/blobs/${digestOf(CONFIG)}`]: body(CONFIG) };
});

function body(text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_, response) => void response.writeHead(200, headers).end(text);
}

/** Refuses whatever does not bring the wanted authorization. */
function guarded(challenge: string, wanted: string, text: string): Answer {
  return (request, response) => {
    if (request.headers.authorization === wanted) response.writeHead(200).end(text);
    else response.writeHead(401, { 'www-authenticate': challenge }).end();
  };
}

const ask = (token?: string, reference = `${host}/a:t`) =>
  askRegistry(parseImageReference(reference), { platform: PLATFORM, token });

test('an image of one platform', async () => {
  const image = { digest: digestOf(MANIFEST), platforms: [PLATFORM], imageBytes: SIZE };
  assert.deepEqual(await ask(), { kind: 'image', image });
});

test('an index tells its platforms, attestations aside, and the size of the wanted one', async () => {
  const platform = (os: string, architecture: string) => ({ platform: { os, architecture } });
  const index = JSON.stringify({
    schemaVersion: 2,
    manifests: [
      { ...described('arm'), ...platform('linux', 'arm64') },
      { ...described(MANIFEST), ...platform('linux', 'amd64') },
      { ...described('attestation'), ...platform('unknown', 'unknown') },
    ],
  });
  answers['/v2/a/manifests/t'] = body(index);
  answers[`/v2/a/manifests/${digestOf(MANIFEST)}`] = body(MANIFEST);
  const image = { digest: digestOf(index), platforms: ['linux/arm64', PLATFORM], imageBytes: SIZE };
  assert.deepEqual(await ask(), { kind: 'image', image });
});

test('a tag that is not there is missing; all else that is no image is unknown, with the reason', async () => {
  const pinned = `${host}/a@${digestOf('other')}`;
  const cases: [name: string, answer: Answer | undefined, wanted: RegExp][] = [
    ['missing', undefined, /^missing/],
    ['error', (_, response) => void response.writeHead(503).end(), /status 503/],
    ['not JSON', body('<html>'), /unknown .*JSON/],
    ['no object', body('null'), /no object/],
    ['schema 1', body('{"schemaVersion":1}'), /kind that is not known/],
    ['a lie about the digest', body(MANIFEST, { 'docker-content-digest': digestOf('x') }), /answers with sha256/],
    ['endless', body('x'.repeat(5 * 1024 * 1024)), /more than 4194304 bytes/],
    ['hung up', (request) => void request.socket.destroy(), /unknown/],
  ];
  for (const [name, answer, wanted] of cases) {
    if (answer === undefined) delete answers['/v2/a/manifests/t'];
    else answers['/v2/a/manifests/t'] = answer;
    const found = await ask();
    assert.match(`${found.kind} ${found.kind === 'unknown' ? found.reason : ''}`, wanted, name);
  }
  answers[`/v2/a/manifests/${digestOf('other')}`] = body(MANIFEST);
  assert.equal((await ask(undefined, pinned)).kind, 'unknown', 'bytes of another digest');
});

test('a registry that wants a token gets one from the place it names', async () => {
  const challenge = `Bearer realm="http://${host}/token",service="s",scope="repository:a:pull"`;
  answers['/v2/a/manifests/t'] = guarded(challenge, 'Bearer short-lived', MANIFEST);
  answers[`/v2/a/blobs/${digestOf(CONFIG)}`] = guarded(challenge, 'Bearer short-lived', CONFIG);
  answers['/token'] = body('{"token":"short-lived"}');
  assert.equal((await ask()).kind, 'image');
  const asked = seen.filter(({ url }) => url.startsWith('/token'));
  const anonymous = { url: '/token?service=s&scope=repository%3Aa%3Apull', authorization: undefined };
  assert.deepEqual(asked, [anonymous], 'asked once, for both documents');
  seen = [];
  assert.equal((await ask(TOKEN)).kind, 'image');
  const own = seen.find(({ url }) => url.startsWith('/token'))?.authorization;
  assert.equal(own, `Basic ${btoa(`oauth2accesstoken:${TOKEN}`)}`);
});

test('the token of the run is sent to the registry itself, and only when it asks', async () => {
  assert.equal((await ask(TOKEN)).kind, 'image');
  assert.deepEqual(new Set(seen.map(({ authorization }) => authorization)), new Set([undefined]));
  const basic = `Basic ${btoa(`oauth2accesstoken:${TOKEN}`)}`;
  for (const path of Object.keys(answers))
    answers[path] = guarded('Basic realm="x"', basic, path.includes('blobs') ? CONFIG : MANIFEST);
  assert.equal((await ask(TOKEN)).kind, 'image');
  assert.equal((await ask()).kind, 'unknown');

  // Another origin in clear text is asked for nothing at all.
  seen = [];
  const challenge = `Bearer realm="${strangerOrigin}/token",service="s"`;
  answers['/v2/a/manifests/t'] = guarded(challenge, 'Bearer stolen', MANIFEST);
  answers['/token'] = body('{"token":"stolen"}');
  assert.equal((await ask(TOKEN)).kind, 'unknown');
  assert.deepEqual(
    seen.map(({ url }) => url).filter((url) => url.startsWith('/token')),
    [],
  );
});

test('the signal ends it', async () => {
  answers['/v2/a/manifests/t'] = () => undefined;
  const signal = AbortSignal.timeout(50);
  const reference = parseImageReference(`${host}/a:t`);
  await assert.rejects(askRegistry(reference, { platform: PLATFORM, signal }), { name: 'TimeoutError' });
});
