import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createOciRegistry } from '../../../src/adapters/images/oci-registry.ts';
import { cleanup } from '../../../src/commands/cleanup.ts';
import type { Baseline } from '../../../src/domain/baseline.ts';
import { baselineTag } from '../../../src/plan/baseline-tags.ts';
import { ownerHash } from '../../../src/plan/naming.ts';
import type { ImageRegistry } from '../../../src/ports/image-registry.ts';
import { updateBaseline } from '../../../src/results/baseline.ts';
import { saveBaseline } from '../../../src/results/runs.ts';
import { variedRun } from '../../helpers/example-run.ts';
import {
  missingRegistry,
  OCI_INDEX,
  type OciRegistry,
  putImage,
  putManifest,
  startRegistry,
} from '../../helpers/oci-registry.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';
import { runPorts } from '../../helpers/run-ports.ts';

const OWNER = 'org';
const RUN = 'run-20261121-124800-x7k2q9';
const tagOf = (run: string, side = 'head') => `${run}-${side}-${ownerHash(OWNER)}`;
const missing = missingRegistry();

/** What the store's baseline says when it names one image. */
function naming(digest: string): Baseline {
  const { results, metadata } = variedRun();
  const [group] = results;
  assert.ok(group);
  const text = JSON.stringify(updateBaseline(undefined, group, metadata));
  return JSON.parse(text.replaceAll(/sha256:[0-9a-f]{64}/g, digest));
}

describe('cleanup of images in a real registry', {
  skip: process.env.REQUIRE_REAL === '1' ? false : missing !== undefined && missing,
}, () => {
  let server: OciRegistry;
  let registry: ImageRegistry;
  before(async () => {
    assert.equal(missing, undefined);
    server = await startRegistry();
    registry = createOciRegistry({ place: `${server.host}/perf`, authorize: async () => ({}) });
  });
  after(() => server?.stop());

  const status = async (name: string, reference: string) => {
    const url = `http://${server.host}/v2/perf/${name}/manifests/${reference}`;
    const accept = `${OCI_INDEX}, application/vnd.oci.image.manifest.v1+json`;
    return (await fetch(url, { method: 'HEAD', headers: { accept } })).status;
  };
  /** Puts an image of its own and tags it; the platform's name is all that tells two apart. */
  async function push(name: string, architecture: string, ...tags: string[]): Promise<string> {
    const digests = [];
    for (const tag of tags) digests.push((await putImage(server.host, `perf/${name}`, tag, architecture)).digest);
    assert.equal(new Set(digests).size, 1);
    return digests[0] ?? '';
  }
  async function clean(named: string, used: ImageRegistry = registry, run = RUN) {
    const { ports, store, printed } = runPorts({ imageRegistry: async () => used, stopLeftovers: async () => [] });
    await saveBaseline(store, naming(named), RESULT_SCHEMAS);
    const platform = { list: async () => [], jobs: undefined } as unknown as Awaited<ReturnType<typeof ports.platform>>;
    const tool = { ...ports.tool, owner: OWNER };
    const request = { command: 'cleanup', verbose: false, dryRun: false, all: false, run } as const;
    const { exitCodes } = await cleanup(
      request,
      'cloudrun',
      { ...ports, tool, platform: async () => platform },
      new AbortController().signal,
    );
    assert.deepEqual(exitCodes, []);
    return printed.join('');
  }

  test('what another run, the layer cache or a stored baseline needs stays, by digest and by tag', async () => {
    const other = tagOf('run-20261121-130000-bbbbbb');
    const gone = await push('app', 'amd64', tagOf(RUN), tagOf(RUN, 'base'));
    const shared = await push('shared', 'amd64', tagOf(RUN), other);
    const kept = await push('kept', 's390x', tagOf(RUN));
    const released = await push('app', 'riscv64', 'v1');
    // An index of its own, as the layer cache is.
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] };
    const cache = await putManifest(server.host, 'perf/app', 'buildcache', OCI_INDEX, index);
    const text = await clean(kept);
    assert.match(text, new RegExp(`^removed image .*/app@${gone}$`, 'm'));
    assert.equal(text.match(/^removed/gm)?.length, 1, text);
    const needed = [
      ['shared', shared],
      ['shared', other],
      ['kept', kept],
      ['kept', baselineTag(OWNER, kept)],
      ['app', released],
      ['app', 'v1'],
      ['app', cache.digest],
      ['app', 'buildcache'],
    ] as const;
    assert.equal(await status('app', gone), 404);
    for (const [name, reference] of needed) assert.equal(await status(name, reference), 200, `${name} ${reference}`);

    // The baseline moves on, and the other run is cleaned up, too: what others have tagged stays.
    await clean(released, registry, 'run-20261121-130000-bbbbbb');
    assert.equal(await status('app', baselineTag(OWNER, released)), 404, 'no image of that run');
    for (const [name, reference] of needed.slice(2)) assert.equal(await status(name, reference), 200, reference);
  });

  test('a tag that appears between list and removal keeps the image', async () => {
    const raced = await push('raced', 'amd64', tagOf(RUN));
    const used: ImageRegistry = {
      ...registry,
      list: async (signal) => {
        const found = await registry.list(signal);
        await registry.tag(`${server.host}/perf/raced`, raced, 'of-somebody-else');
        return found;
      },
    };
    const text = await clean(`sha256:${'f'.repeat(64)}`, used);
    assert.match(text, new RegExp(`^left image .*@${raced}: it has been tagged by others meanwhile`, 'm'));
    assert.equal(await status('raced', 'of-somebody-else'), 200);
    assert.deepEqual((await registry.tags(`${server.host}/perf/raced`, raced)).includes('of-somebody-else'), true);
  });
});
