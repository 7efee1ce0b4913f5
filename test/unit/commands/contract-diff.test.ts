import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareContracts } from '../../../src/commands/contract-diff.ts';
import type { Ports } from '../../../src/commands/ports.ts';
import { parseCliArgs } from '../../../src/config/cli-args.ts';
import type { ContractRequest } from '../../../src/config/request.ts';
import { DIFFED, edited } from '../../helpers/diffed-contract.ts';

const TOO_SMALL = edited([{ file: 'vectors/main.json', from: '"status":200', to: '"status":201' }]);
const RAISED = edited([
  { file: 'vectors/main.json', from: '"status":200', to: '"status":201' },
  { file: 'contract.yaml', from: 'version: 1.0.0', to: 'version: 2.0.0' },
]);
/** By absolute directory. */
const DIRECTORIES = new Map([
  ['/here/small', TOO_SMALL],
  ['/here/repository/contract', RAISED],
]);

async function run(...argv: readonly string[]) {
  let printed = '';
  const written = new Map<string, string>();
  const ports = {
    workingDirectory: '/here',
    terminal: {},
    contractMajors: async (type: string) => (type === 'small' ? [1] : []),
    contractFiles: async () => DIFFED,
    fileTree(root: string) {
      const files = DIRECTORIES.get(root) ?? new Map<string, string>();
      return {
        root,
        exists: async (path: string) => files.has(path),
        list: async () => [...files.keys()],
        read: async (path: string) => files.get(path),
      };
    },
    print: (text: string) => {
      printed += text;
    },
    writeFile: async (path: string, text: string) => void written.set(path, text),
  } as unknown as Ports;
  const request = parseCliArgs(['contract', 'diff', ...argv]) as ContractRequest;
  const { exitCodes } = await compareContracts(request, ports);
  return { printed, written, exitCodes };
}

test('a shipped contract, a directory and a service repository; 3 when the step is too small', async () => {
  const same = await run('small@1', 'small@1.0.0');
  assert.deepEqual([same.exitCodes, same.printed.includes('no changes: no bump is needed')], [[], true]);
  const small = await run('small@1', 'small');
  assert.deepEqual(small.exitCodes, [3]);
  assert.match(
    small.printed,
    /^Contract small, 1\.0\.0 to 1\.0\.0\n {2}breaking +vectors\/main\.json health: vector asks/,
  );
  assert.match(small.printed, /1 breaking: a major bump is needed, the version stayed 1\.0\.0, which is too little\n$/);
  const raised = await run('small@1', 'repository');
  assert.deepEqual(raised.exitCodes, []);
  assert.match(raised.printed, /1\.0\.0 to 2\.0\.0 is a major bump\n$/);
});

test('as JSON and as Markdown, into a file', async () => {
  const json = await run('small@1', 'small', '--format', 'json');
  const { needed, made, enough, changes } = JSON.parse(json.printed) as Record<string, unknown>;
  assert.deepEqual([needed, made, enough, (changes as unknown[]).length], ['major', 'none', false, 1]);
  const { printed, written } = await run('small@1', 'small', '--format', 'markdown', '--output', 'diff.md');
  assert.equal(printed, '');
  assert.match(written.get('diff.md') ?? '', /^## Contract small, 1\.0\.0 to 1\.0\.0\n[\s\S]*\| 🔴 breaking \| <code>/);
});

test('what is no contract, or does not ship, is refused', async () => {
  await assert.rejects(run('small@1', 'nowhere'), {
    code: 'contract-missing',
    message: /no contract\.yaml in nowhere/,
  });
  await assert.rejects(run('small@2', 'small'), { code: 'contract-missing', message: /shipped are small@1$/ });
  await assert.rejects(run('small@1.2.0', 'small'), { code: 'contract-missing' });
  await assert.rejects(run('other@1', 'small'), { code: 'contract-missing', message: /shipped are none of this type/ });
  for (const argv of [[], ['one'], ['one', 'two', 'three']])
    assert.throws(() => parseCliArgs(['contract', 'diff', ...argv]), { name: 'UsageError' });
  assert.throws(() => parseCliArgs(['contract', 'compare', 'one', 'two']), /wanted are diff and two contracts/);
});
