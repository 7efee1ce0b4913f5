import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatError, UsageError } from '../../../src/domain/errors.ts';
import { parseManifest } from '../../../src/manifest/parse.ts';
import { checkRepository } from '../../../src/manifest/repository.ts';
import type { FileTree } from '../../../src/ports/file-tree.ts';

const schemas = {
  manifest: JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../contracts/schemas/manifest.schema.json'), 'utf8'),
  ) as object,
};

function treeOf(...files: string[]): FileTree {
  const under = (directory: string) => files.filter((file) => directory === '.' || file.startsWith(`${directory}/`));
  return {
    root: '/repo',
    read: async (path) => (files.includes(path) ? '' : undefined),
    exists: async (path) => files.includes(path) || under(path).length > 0,
    list: async (directory) => under(directory),
  };
}

async function refusal(entry: string, tree: FileTree, features?: readonly string[]): Promise<string> {
  const text = `service_type: discord-webhook\ncontract_version: 1.0.0\nimplementations:\n  - ${entry}\n`;
  const source = { text, file: 'm.yaml' };
  try {
    await checkRepository(parseManifest(source, schemas), tree, source, features);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return formatError(error);
  }
  return 'accepted';
}

test('paths, Dockerfiles and features against the repository', async () => {
  const tree = treeOf('impl/go-gin/Dockerfile', 'impl/go-gin/main.go');
  const cases: [entry: string, expected: RegExp][] = [
    ['{name: a, path: impl/go-gin}', /^accepted$/],
    [
      '{name: a, path: impl/go-gn}',
      /m\.yaml:4:21: found no directory "impl\/go-gn" for a.*\n {2}hint: Did you mean "impl\/go-gin"/,
    ],
    ['{name: a, path: impl/go-gin, dockerfile: x}', /m\.yaml:4:46: found no file "impl\/go-gin\/x"/],
    ['{name: a, path: impl/go-gin, dockerfile: x, image: "nginx:1"}', /^accepted$/],
    ['{name: a, path: impl/go-gin, supported_features: [pubsub-publish]}', /^accepted$/],
    [
      '{name: a, path: impl/go-gin, supported_features: [pubsub-publsh]}',
      /m\.yaml:4:55: found feature "pubsub-publsh" of a.*\n {2}hint: Did you mean "pubsub-publish"/,
    ],
  ];
  for (const [entry, expected] of cases) assert.match(await refusal(entry, tree, ['pubsub-publish']), expected, entry);
  assert.equal(await refusal('{name: a, path: impl/go-gin, supported_features: [x]}', tree), 'accepted');
  assert.equal(await refusal('{name: a, path: .}', treeOf('Dockerfile')), 'accepted');
});
