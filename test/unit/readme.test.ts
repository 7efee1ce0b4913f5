import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { betweenMarks, table } from '../../scripts/generate-docs.ts';

const ROOT = join(import.meta.dirname, '../..');

test('action.yml, action-types.yml and README.md say what the table of inputs says', () => {
  const checked = spawnSync(process.execPath, [join(ROOT, 'scripts/generate-docs.ts'), '--check'], {
    encoding: 'utf8',
  });
  assert.equal(checked.status, 0, checked.stderr);
});

test('tables: one row each, on one line, with what is required and the default', () => {
  const text = `
plain: { description: A thing. }
folded:
  description: >-
    One of a | b,
    or none.
  required: true
  default: a
`;
  assert.equal(
    table('input', parse(text)),
    [
      '| input | meaning |',
      '|---|---|',
      '| `plain` | A thing. |',
      '| `folded` | One of a \\| b, or none. Required. Default: `a`. |',
    ].join('\n'),
  );
});

test('only what lies between the marks is replaced', () => {
  const text = 'a\n<!-- inputs:start -->\nold\n<!-- inputs:end -->\nb\n';
  const replaced = betweenMarks(text, 'inputs', 'new');
  assert.equal(replaced, 'a\n<!-- inputs:start -->\nnew\n<!-- inputs:end -->\nb\n');
  assert.equal(betweenMarks(replaced, 'inputs', 'new'), replaced);
  assert.throws(() => betweenMarks('no marks', 'inputs', 'new'), /found no <!-- inputs:start -->/);
});

test('docs/troubleshooting.md knows every error code', () => {
  const documented = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8');
  const error =
    /(?:UsageError|InfrastructureError)\(\s*(?:\w+ \? )?'([a-z]+(?:-[a-z]+)+)'(?: : '([a-z]+(?:-[a-z]+)+)')?/g;
  const files = globSync('src/**/*.ts', { cwd: ROOT });
  const codes = files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(error)].flatMap(([, ...found]) => found.filter(Boolean)),
  );
  assert.ok(codes.length > 80, `found ${codes.length} codes only`);
  assert.deepEqual([...new Set(codes)].filter((code) => !documented.includes(`\`${code}\``)).sort(), []);
});
