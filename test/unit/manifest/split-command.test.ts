import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitCommand } from '../../../src/manifest/split-command.ts';

test('commands split by quoting rules, without expansion', () => {
  const cases: [string, readonly string[]][] = [
    ['node server.js', ['node', 'server.js']],
    ['  node \t server.js ', ['node', 'server.js']],
    [`a 'b c' "d e"`, ['a', 'b c', 'd e']],
    [`a b'c'"d"e`, ['a', 'bcde']],
    [`a '' ""`, ['a', '', '']],
    [`a "x\\"y\\\\z\\n"`, ['a', 'x"y\\z\\n']],
    [`a 'x\\y' b\\ c`, ['a', 'x\\y', 'b c']],
    [`a '$HOME;*'`, ['a', '$HOME;*']],
  ];
  for (const [command, words] of cases) assert.deepEqual(splitCommand(command), { ok: true, words }, command);
});

test('what only a shell understands is refused', () => {
  for (const command of ['a | b', 'a; b', 'a > b', 'a $B', 'a `b`', 'a *', 'a &', '', '  ', `a 'b`, 'a "b', 'a \\'])
    assert.equal(splitCommand(command).ok, false, command);
});
