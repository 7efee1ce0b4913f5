import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { buildContext } from '../../../src/adapters/images/build-context.ts';
import { sourceFiles } from '../../../src/adapters/images/source-files.ts';

let root: string;
before(() => {
  root = mkdtempSync(join(tmpdir(), 'images-context-'));
});
after(() => rmSync(root, { recursive: true, force: true }));

function tree(name: string, ...files: readonly string[]): string {
  for (const file of files) {
    mkdirSync(dirname(join(root, name, file)), { recursive: true });
    writeFileSync(join(root, name, file), file);
  }
  return join(root, name);
}

test('a context without credentials is the source itself', async () => {
  const source = tree('plain', 'Dockerfile', 'creds.json', 'gha-creds.md');
  assert.deepEqual(await buildContext(source, join(root, 'scratch-plain'), {}), { directory: source, leftOut: [] });
});

test('credentials are left out of a copy, wherever they are and whatever they are called', async () => {
  const source = tree('secret', 'Dockerfile', '.dockerignore', 'gha-creds-1.json', 'a/gha-creds-2.json', 'a/key.json');
  symlinkSync('a/key.json', join(source, 'to-key.json'));
  symlinkSync('Dockerfile', join(source, 'to-dockerfile'));
  const env = { GOOGLE_APPLICATION_CREDENTIALS: join(source, 'a', 'key.json') };
  const { directory, leftOut } = await buildContext(source, join(root, 'scratch-secret'), env);
  assert.deepEqual([...leftOut].sort(), ['a/gha-creds-2.json', 'a/key.json', 'gha-creds-1.json', 'to-key.json']);
  for (const file of leftOut) assert.ok(!existsSync(join(directory, file)), file);
  for (const file of ['Dockerfile', '.dockerignore']) assert.equal(readFileSync(join(directory, file), 'utf8'), file);
  assert.equal(readlinkSync(join(directory, 'to-dockerfile')), 'Dockerfile');
  assert.equal(readFileSync(join(source, 'gha-creds-1.json'), 'utf8'), 'gha-creds-1.json', 'the source is as it was');
});

test('a variable that names nothing, or a place elsewhere, leaves nothing out', async () => {
  const source = tree('elsewhere', 'Dockerfile');
  const other = join(tree('other', 'key.json'), 'key.json');
  for (const place of ['', '/no/such/file', other]) {
    const { directory } = await buildContext(source, join(root, 'scratch'), { GOOGLE_APPLICATION_CREDENTIALS: place });
    assert.equal(directory, source, place);
  }
});

test('a process is built without them too, so that its digest is that of the source', async () => {
  const source = tree('process', 'server.js', 'gha-creds-1.json');
  assert.deepEqual(await sourceFiles(source), ['server.js']);
});
