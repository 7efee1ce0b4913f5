import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSlashComment } from '../../../src/config/slash-comment.ts';

for (const [body, wanted] of [
  ['/perf', { implementations: [] }],
  ['  /perf  ', { implementations: [] }],
  ['/perf java-spring3', { implementations: ['java-spring3'] }],
  ['/perf go-gin, rust-actix,go-gin', { implementations: ['go-gin', 'rust-actix'] }],
  ['/perf go-gin --iterations 30', { implementations: ['go-gin'], iterations: 30 }],
  ['/perf --iterations=5 go-gin\r\nplease @everyone', { implementations: ['go-gin'], iterations: 5 }],
  ['/performance', undefined],
  ['please /perf', undefined],
  ['', undefined],
  ['thanks\n/perf', undefined],
] as const)
  test(`${JSON.stringify(body)} is understood`, () => assert.deepEqual(parseSlashComment(body), wanted));

for (const [body, says] of [
  ['/perf --iterations', /option other than --iterations N/],
  ['/perf --iterations 0', /found "0" after --iterations/],
  ['/perf --iterations 1000', /found "1000"/],
  ['/perf --iterations 1e3', /found "1e3"/],
  ['/perf --rm-rf', /option other than/],
  ['/perf ../../etc', /found "..\/..\/etc", wanted the name/],
  ['/perf $(id)', /found "\$\(id\)"/],
  ['/perf `id`', /wanted the name/],
  ['/perf GO', /wanted the name/],
  ['/perf ::set-output', /wanted the name/],
  [`/perf ${Array.from({ length: 51 }, (_, index) => `a${index}`).join(' ')}`, /found 51 names/],
] as const)
  test(`${JSON.stringify(body.slice(0, 40))} is refused`, () =>
    assert.throws(() => parseSlashComment(body), { code: 'bad-slash-command', message: says }));
