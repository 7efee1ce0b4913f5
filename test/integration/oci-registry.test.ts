import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { createOciRegistry } from '../../src/adapters/images/oci-registry.ts';
import { InfrastructureError } from '../../src/domain/errors.ts';

const TOKEN = 'ya29.planted-token';
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

interface FakeOptions {
  /** Folders and tags by digest in `tags/list`, and no image may go while it has a tag. */
  readonly google: boolean;
  /** Whether a tag alone can be removed. */
  readonly untags: boolean;
}

/** A registry that keeps tags: by name of the repository, digests by tag. */
async function startRegistry({ google, untags }: FakeOptions) {
  const repositories = new Map<string, Map<string, string>>();
  const calls: string[] = [];
  let token = TOKEN;
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://registry');
    const answer = (status: number, body: unknown = {}, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body));
    };
    calls.push(`${request.method} ${request.url}`);
    if (request.headers.authorization !== `Bearer ${token}`) return answer(401, { errors: [{ code: 'UNAUTHORIZED' }] });
    if (pathname === '/v2/_catalog') {
      // Two a page, to see that pages are followed.
      const names = [...repositories.keys()].sort();
      const from = Number(searchParams.get('last') ?? 0);
      const next = from + 2 < names.length ? { link: `</v2/_catalog?n=2&last=${from + 2}>; rel="next"` } : {};
      return answer(200, { repositories: names.slice(from, from + 2) }, { ...next } as Record<string, string>);
    }
    const [, name = '', kind = '', what = ''] = /^\/v2\/(.+)\/(tags|manifests)\/([^/]+)$/.exec(pathname) ?? [];
    const known = repositories.get(name) ?? new Map<string, string>();
    if (kind === 'tags') {
      const below = [...repositories.keys()].filter((other) => other.startsWith(`${name}/`));
      if (!repositories.has(name) && !(google && below.length > 0)) return answer(404, { errors: [] });
      const child = [...new Set(below.map((other) => other.slice(name.length + 1).split('/')[0]))];
      const manifest: Record<string, { tag: string[] }> = {};
      for (const [tag, of] of known) manifest[of] = { tag: [...(manifest[of]?.tag ?? []), tag] };
      return answer(200, { name, tags: [...known.keys()], ...(google ? { child, manifest } : {}) });
    }
    if (request.method === 'HEAD') {
      const found = known.get(what);
      return found === undefined ? answer(404) : answer(200, {}, { 'docker-content-digest': found });
    }
    const type = 'application/vnd.oci.image.manifest.v1+json';
    if (request.method === 'GET') return answer(200, { is: what }, { 'content-type': type });
    if (request.method === 'PUT') {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        if (request.headers['content-type'] === type) known.set(what, JSON.parse(body).is);
        answer(request.headers['content-type'] === type ? 201 : 400);
      });
      return;
    }
    const tagged = [...known].filter(([, of]) => of === what);
    if (what.startsWith('sha256:')) {
      if (google && tagged.length > 0) return answer(400, { errors: [{ code: 'GOOGLE_MANIFEST_DANGLING_TAG' }] });
      for (const [tag] of tagged) known.delete(tag);
      return answer(tagged.length > 0 || google ? 202 : 404);
    }
    if (!untags) return answer(405, { errors: [{ code: 'UNSUPPORTED' }] });
    return answer(known.delete(what) ? 202 : 404);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    calls,
    push: (name: string, tag: string, of: string) =>
      void repositories.set(name, (repositories.get(name) ?? new Map<string, string>()).set(tag, of)),
    tags: (name: string) => [...(repositories.get(name)?.keys() ?? [])],
    expire: (next: string) => {
      token = next;
    },
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

for (const options of [
  { google: true, untags: true },
  { google: false, untags: true },
  { google: false, untags: false },
]) {
  const { google, untags } = options;
  describe(`${google ? 'a Google registry' : 'an OCI registry'}, tags ${untags ? 'can' : 'cannot'} be removed`, async () => {
    const fake = await startRegistry(options);
    after(() => fake.close());
    for (const [name, tag, of] of [
      ['project/perf/go-gin', 'run-1', digest('1')],
      ['project/perf/go-gin', 'run-2', digest('1')],
      ['project/perf/go-gin', 'run-3', digest('2')],
      ['project/perf/deep/node', 'run-1', digest('3')],
      ['project/perf-other/go-gin', 'run-1', digest('4')],
      ['another/perf/go-gin', 'run-1', digest('5')],
    ] as const)
      fake.push(name, tag, of);
    let token = TOKEN;
    const authorize = async () => ({ authorization: `Bearer ${token}` });
    const registry = createOciRegistry({ place: `${fake.host}/project/perf`, authorize });

    test('lists what is below the place, by digest with all tags, and nothing beside it', async () => {
      const found = (await registry.list()).toSorted((a, b) => a.digest.localeCompare(b.digest));
      assert.deepEqual(found, [
        { repository: `${fake.host}/project/perf/go-gin`, digest: digest('1'), tags: ['run-1', 'run-2'] },
        { repository: `${fake.host}/project/perf/go-gin`, digest: digest('2'), tags: ['run-3'] },
        { repository: `${fake.host}/project/perf/deep/node`, digest: digest('3'), tags: ['run-1'] },
      ]);
    });

    test('tells the tags of one image as they are now, and adds one', async () => {
      const repository = `${fake.host}/project/perf/go-gin`;
      assert.deepEqual(await registry.tags(repository, digest('1')), ['run-1', 'run-2']);
      await registry.tag(repository, digest('2'), 'baseline-x');
      assert.deepEqual(await registry.tags(repository, digest('2')), ['run-3', 'baseline-x']);
      await registry.tag(repository, digest('2'), 'baseline-x');
      assert.deepEqual(await registry.tags(repository, digest('9')), []);
      assert.deepEqual(await registry.tags(`${fake.host}/project/perf/none`, digest('1')), []);
    });

    test('removes an image by digest after its tags, and again without a complaint', async () => {
      const repository = `${fake.host}/project/perf/go-gin`;
      for (let time = 0; time < 2; time += 1) {
        await registry.untag(repository, ['run-1', 'run-2']);
        await registry.remove(repository, digest('1'));
      }
      assert.deepEqual(fake.tags('project/perf/go-gin'), ['run-3', 'baseline-x']);
      assert.deepEqual(fake.tags('another/perf/go-gin'), ['run-1']);
    });

    test('asks for a token before each call, and says a refusal without it', async () => {
      fake.expire('ya29.second');
      const refused = (error: unknown) =>
        error instanceof InfrastructureError &&
        error.code === 'registry-refused' &&
        /401/.test(error.message) &&
        !`${error.message}${error.hint}`.includes('ya29');
      await assert.rejects(registry.remove(`${fake.host}/project/perf/go-gin`, digest('2')), refused);
      token = 'ya29.second';
      assert.equal((await registry.list()).length, 2);
    });
  });
}

test('a registry that does not answer', async () => {
  const registry = createOciRegistry({ place: '127.0.0.1:1/x', authorize: async () => ({}) });
  await assert.rejects(
    registry.list(),
    (error) => error instanceof InfrastructureError && error.code === 'registry-unreachable',
  );
});

test('an abort ends a call as it is', async () => {
  const registry = createOciRegistry({ place: '127.0.0.1:1/x', authorize: async () => ({}) });
  const reason = new Error('enough');
  await assert.rejects(registry.list(AbortSignal.abort(reason)), reason);
});
