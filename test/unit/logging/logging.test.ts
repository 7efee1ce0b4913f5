import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { createJsonLogger } from '../../../src/adapters/logging/json.ts';
import { maskSecrets } from '../../../src/adapters/logging/masking.ts';
import { createTerminalLogger } from '../../../src/adapters/logging/terminal.ts';
import { neutral, withoutCommands } from '../../../src/documents/neutral.ts';

const SECRETS = ['hunter2', 'line-one\nline-two'];

function terminal(isTTY: boolean, env: Record<string, string> = {}, verbose = false) {
  let text = '';
  const stream = { isTTY, columns: 20, write: (part: string) => (text += part) };
  return { logger: createTerminalLogger({ secrets: SECRETS, verbose, stream, env }), text: () => text };
}

test('secrets are masked, the longest first, also line by line', () => {
  assert.equal(maskSecrets('a hunter2 b hunter2', SECRETS), 'a *** b ***');
  assert.equal(maskSecrets('x line-two y', SECRETS), 'x *** y');
  assert.equal(maskSecrets('abcd', ['ab', 'abcd']), '***');
  assert.equal(maskSecrets('plain', ['', ' ']), 'plain');
});

test('secrets are masked however they are written, and where a text was cut inside of one', () => {
  const secret = 'tok"en/with spaces';
  const found = [secret, JSON.stringify({ secret }), `?x=${encodeURIComponent(secret)}`, 'body tok"en/wi… and more'];
  assert.deepEqual(
    found.map((text) => maskSecrets(text, [secret])),
    ['***', '{"secret":"***"}', '?x=***', 'body ***… and more'],
  );
  assert.equal(maskSecrets('a to… b', [secret]), 'a to… b');
  const key = '{\n  "private": "abcdef"\n}';
  assert.equal(maskSecrets('{"ok":true} "private": "abcdef"', [key]), '{"ok":true} "private": "abcdef"');
  assert.equal(maskSecrets(`x ${key.split('\n')[1]} {}`, [key]), 'x *** {}');
});

test('credentials in an address are masked, whoever they are of', () => {
  for (const [text, wanted] of [
    ['at https://user:pass@host/x.git', 'at https://***@host/x.git'],
    ['HTTPS://ghs_token@host:8080/x?y=a@b', 'HTTPS://***@host:8080/x?y=a@b'],
    ['ssh://git@host/x and ssh://u:p@host/x', 'ssh://git@host/x and ssh://***@host/x'],
    ['postgres://app:pa:ss@db/x', 'postgres://***@db/x'],
    ['https://host/me@example.com and image@sha256:1', 'https://host/me@example.com and image@sha256:1'],
    ['http://host:80/a:b@c', 'http://host:80/a:b@c'],
  ] as const)
    assert.equal(maskSecrets(text, []), wanted);
});

test('text from outside moves no cursor and gives no command', () => {
  assert.equal(neutral('a\u001b[2Jb\rc\u202ed\nnext\ttab'), 'a\\u001b[2Jb\\u000dc\\u202ed\nnext\ttab');
  assert.ok(neutral('x'.repeat(100_000)).length < 10_000);
  assert.doesNotMatch(withoutCommands('::set-env name=a::b\n  ::error::x ##[group]y'), /^\s*::|##\[/m);
});

test('a file gets plain lines', () => {
  const { logger, text } = terminal(false);
  logger.debug('not seen');
  logger.progress('building', { done: 1, of: 'a b', none: undefined });
  logger.warn('careful with hunter2');
  logger.error('bad\u001b[1m');
  assert.equal(text(), 'building done=1 of="a b"\nwarning: careful with ***\nerror: bad\\u001b[1m\n');
});

test('a terminal has one progress line, and colours unless NO_COLOR is set', () => {
  const plain = terminal(true, { NO_COLOR: '1' }, true);
  plain.logger.progress('one');
  plain.logger.progress(`two ${'x'.repeat(50)}`);
  plain.logger.info('done');
  plain.logger.debug('seen');
  assert.equal(plain.text(), `one\r\u001b[2Ktwo ${'x'.repeat(15)}\r\u001b[2Kdone\nseen\n`);
  const coloured = terminal(true);
  coloured.logger.error('bad');
  assert.equal(coloured.text(), '\u001b[31merror: bad\u001b[0m\n');
});

test('json is one object a line', () => {
  const lines: string[] = [];
  const logger = createJsonLogger({ secrets: SECRETS, verbose: false, write: (line) => lines.push(line) });
  logger.info('two\nlines hunter2', { place: 'hunter2', severity: 'FAKE', count: 1 });
  logger.debug('not seen');
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^[^\n]+\n$/);
  const { time, ...entry } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.match(String(time), /^\d{4}-.*Z$/);
  assert.deepEqual(entry, { place: '***', severity: 'INFO', count: 1, message: 'two\nlines ***' });
});

test('the runner obeys our annotations and nobody else', () => {
  const module = join(import.meta.dirname, '../../../src/adapters/logging/actions.ts');
  const script = `const { createActionsLogger } = await import(${JSON.stringify(module)});
    const log = createActionsLogger({ secrets: ['hunter2'], verbose: false });
    log.info('::set-output name=a::b hunter2'); log.progress('x\\n::error::y'); log.warn('w\\n::error::z hunter2');`;
  const out = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  const commands = out.split('\n').filter((line) => /^\s*::/.test(line));
  assert.deepEqual(commands, ['::add-mask::hunter2', '::warning::w%0A:\u200b:error::z ***']);
});
