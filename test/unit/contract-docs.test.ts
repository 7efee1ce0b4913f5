import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const SOURCE = join(ROOT, 'src/contract');

/** Names of checks as the sources write them, without what is filled in. */
function checkNames(): readonly string[] {
  const files = (readdirSync(SOURCE, { recursive: true }) as string[]).filter((path) => path.endsWith('.ts'));
  const literals = files.flatMap((path) => [
    ...readFileSync(join(SOURCE, path), 'utf8').matchAll(/\bfailure\(\s*(?:'([^']+)'|`([^`]+)`)/g),
  ]);
  const names = literals.map(([, plain, template]) => (plain ?? template ?? '').replace(/\$\{[^}]*\}/g, ' ').trim());
  return [...new Set(names.map((name) => name.replace(/\s+/g, ' ').replace(/ ?\/$/, '')))].filter(
    (name) => name !== '',
  );
}

test('docs/contracts.md says what every check means', () => {
  const text = readFileSync(join(ROOT, 'docs/contracts.md'), 'utf8');
  const table = text.slice(text.indexOf('## What each failure means'), text.indexOf('## Features, channels'));
  const documented = [...table.matchAll(/`([^`]+)`/g)].map(([, code = '']) =>
    code.replace(/^CHANNEL /, '').replace(/ (?:NAME|CHANNEL|\/pointer)$/, ''),
  );
  const names = checkNames();
  assert.ok(names.length > 25, names.join(', '));
  assert.deepEqual(
    names.filter((name) => !documented.includes(name)),
    [],
  );
});
