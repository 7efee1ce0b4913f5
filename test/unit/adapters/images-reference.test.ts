import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ImageReference,
  isGoogleRegistry,
  isLoopback,
  isPulledByCloudRun,
  parseImageReference,
} from '../../../src/adapters/images/image-reference.ts';
import { UsageError } from '../../../src/domain/errors.ts';

const HEX = `sha256:${'a'.repeat(64)}`;

test('references are read as clients of registries read them', () => {
  const hub = 'registry-1.docker.io';
  const cases: [image: string, wanted: ImageReference][] = [
    ['nginx', { name: 'nginx', host: hub, repository: 'library/nginx', tag: 'latest' }],
    ['nginx:1.27', { name: 'nginx', host: hub, repository: 'library/nginx', tag: '1.27' }],
    ['docker.io/nginx', { name: 'docker.io/nginx', host: hub, repository: 'library/nginx', tag: 'latest' }],
    ['org/app:v1', { name: 'org/app', host: hub, repository: 'org/app', tag: 'v1' }],
    ['localhost/app', { name: 'localhost/app', host: 'localhost', repository: 'app', tag: 'latest' }],
    ['127.0.0.1:5000/a/b:c', { name: '127.0.0.1:5000/a/b', host: '127.0.0.1:5000', repository: 'a/b', tag: 'c' }],
    [`ghcr.io/o/a@${HEX}`, { name: 'ghcr.io/o/a', host: 'ghcr.io', repository: 'o/a', digest: HEX }],
    [`ghcr.io/o/a:1@${HEX}`, { name: 'ghcr.io/o/a', host: 'ghcr.io', repository: 'o/a', digest: HEX }],
    [
      'europe-docker.pkg.dev/p/r/a:t',
      { name: 'europe-docker.pkg.dev/p/r/a', host: 'europe-docker.pkg.dev', repository: 'p/r/a', tag: 't' },
    ],
  ];
  for (const [image, wanted] of cases) assert.deepEqual(parseImageReference(image), wanted, image);
  for (const image of ['', 'a b', 'app@sha256:abc']) assert.throws(() => parseImageReference(image), UsageError, image);
});

test("a Google token goes to Google's registries only", () => {
  const google = ['us-central1-docker.pkg.dev', 'europe-docker.pkg.dev', 'gcr.io', 'eu.gcr.io'];
  const others = [
    'docker.pkg.dev.evil.example',
    'evil.example',
    'x.us-docker.pkg.dev',
    'us-docker.pkg.dev:444',
    'evilgcr.io',
    'gcr.io.evil.example',
    'a.b.gcr.io',
    'ghcr.io',
    'registry-1.docker.io',
    '127.0.0.1:5000',
  ];
  for (const host of google) assert.deepEqual([isGoogleRegistry(host), isPulledByCloudRun(host)], [true, true], host);
  for (const host of others) assert.equal(isGoogleRegistry(host), false, host);
  assert.equal(isPulledByCloudRun('registry-1.docker.io'), true);
  assert.equal(isPulledByCloudRun('ghcr.io'), false);
});

test('clear text is spoken on this machine only', () => {
  for (const host of ['localhost', 'localhost:5000', '127.0.0.1:5000', '127.1.2.3']) assert.ok(isLoopback(host), host);
  for (const host of ['127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.1:5000', '1127.0.0.1'])
    assert.ok(!isLoopback(host), host);
});
