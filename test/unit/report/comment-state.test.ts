import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CommentState, readCommentState, stateLine } from '../../../src/report/comment-state.ts';
import { commentMarker } from '../../../src/report/pr-comment.ts';

const TYPE = 'discord-webhook';
const MARKER = commentMarker(TYPE);
const finding = { serviceType: TYPE, implementation: 'a', kind: 'regression', text: 'is slower' } as const;
const STATE: CommentState = {
  headSha: 'a'.repeat(40),
  run: { id: 12, attempt: 2 },
  push: 3,
  findings: [
    { ...finding, profile: 'large' },
    { ...finding, kind: 'contract failed' },
  ],
  fixed: [{ ...finding, implementation: 'ö → 🔴' }],
};

const bodyOf = (line: string, marker = MARKER) => `${marker}\n${line}\n## Headline\n`;
const packed = (value: unknown) =>
  `<!-- cloudrun-perf state ${Buffer.from(JSON.stringify(value)).toString('base64url')} -->`;
const VALID = { v: 1, h: 'a'.repeat(40), r: [1, 1], p: 1, t: TYPE, f: [[null, 'a', 0, 'x']], x: [] };

test('what was written is read again', () => {
  const line = stateLine(TYPE, STATE, 10_000);
  assert.deepEqual(readCommentState(bodyOf(line)), STATE);
  assert.deepEqual(readCommentState(bodyOf(line).replaceAll('\n', '\r\n')), STATE, 'as a browser sends it');
});

test('the shape that the refusals below start from is read', () => {
  assert.equal(readCommentState(bodyOf(packed(VALID)))?.findings.length, 1);
});

const refused: readonly [string, string][] = [
  ['nothing', ''],
  ['no marker', bodyOf(packed(VALID), '')],
  ['text before the marker', `x${bodyOf(packed(VALID))}`],
  ['a marker of another tool', bodyOf(packed(VALID), '<!-- other report id=x -->')],
  ['the state in the third line', `${MARKER}\n\n${packed(VALID)}`],
  ['no base64', bodyOf('<!-- cloudrun-perf state ??? -->')],
  ['no state in it', bodyOf('<!-- cloudrun-perf state  -->')],
  ['no JSON', bodyOf('<!-- cloudrun-perf state AAAA -->')],
  ['a list', bodyOf(packed([]))],
  ['null', bodyOf(packed(null))],
  ['another version', bodyOf(packed({ ...VALID, v: 2 }))],
  ['a head that is no commit', bodyOf(packed({ ...VALID, h: '<script>' }))],
  ['a run that is no number', bodyOf(packed({ ...VALID, r: ['1', 1] }))],
  ['a run below zero', bodyOf(packed({ ...VALID, r: [-1, 1] }))],
  ['a push that is no whole number', bodyOf(packed({ ...VALID, p: 1.5 }))],
  ['a push beyond numbers', bodyOf(packed({ ...VALID, p: 1e300 }))],
  ['no findings', bodyOf(packed({ ...VALID, f: undefined }))],
  ['findings that are no list', bodyOf(packed({ ...VALID, f: { length: 1 } }))],
  ['too many findings', bodyOf(packed({ ...VALID, f: Array.from({ length: 201 }, () => [null, 'a', 0, '']) }))],
  ['a finding of an unknown kind', bodyOf(packed({ ...VALID, f: [[null, 'a', 2, 'x']] }))],
  ['a finding of a kind that is a name', bodyOf(packed({ ...VALID, f: [[null, 'a', 'length', 'x']] }))],
  ['a finding with an object for a name', bodyOf(packed({ ...VALID, x: [[null, {}, 0, 'x']] }))],
  ['a long name', bodyOf(packed({ ...VALID, f: [[null, 'a'.repeat(201), 0, 'x']] }))],
  ['a long text', bodyOf(packed({ ...VALID, f: [[null, 'a', 0, 'x'.repeat(301)]] }))],
  ['a long line', bodyOf(packed({ ...VALID, y: 'x'.repeat(20_000) }))],
  ['10 MB', bodyOf(packed({ ...VALID, y: 'x'.repeat(10_000_000) }))],
];
for (const [title, body] of refused) {
  test(`${title} is no state`, () => assert.equal(readCommentState(body), undefined));
}

const hostile = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('-->', '--!>', '\n', '</details>', '\ud800'));
const findings = fc.array(
  fc.record(
    {
      serviceType: fc.constant(TYPE),
      profile: hostile,
      implementation: fc.oneof(hostile, fc.constant('x'.repeat(5000))),
      kind: fc.constantFrom('regression' as const, 'contract failed' as const),
      text: fc.oneof(hostile, fc.constant('y'.repeat(5000))),
    },
    { requiredKeys: ['serviceType', 'implementation', 'kind', 'text'] },
  ),
  { maxLength: 30 },
);

test('whatever is in a finding, the line is one comment of the length that was asked for, and is read again', () => {
  fc.assert(
    fc.property(findings, findings, fc.integer({ min: 450, max: 20_000 }), (open, fixed, longest) => {
      const line = stateLine(TYPE, { ...STATE, findings: open, fixed }, longest);
      assert.ok(line.length <= longest, `${line.length} of ${longest}`);
      assert.match(line, /^<!-- cloudrun-perf state [\w-]+ -->$/);
      const state = readCommentState(bodyOf(line));
      assert.equal(state?.push, STATE.push);
      for (const [index, one] of (state?.findings ?? []).entries())
        assert.equal(one.kind, open[index]?.kind, 'in their order');
    }),
    { numRuns: 300, seed: 7 },
  );
});

test('no body whatever breaks the reader', () => {
  const body = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string().map((text) => bodyOf(text)),
    fc.base64String().map((text) => bodyOf(`<!-- cloudrun-perf state ${text} -->`)),
    fc.jsonValue().map((value) => bodyOf(packed(value))),
    fc.jsonValue().map((value) => bodyOf(packed({ ...VALID, f: value }))),
  );
  fc.assert(
    fc.property(body, (text) => {
      const state = readCommentState(text);
      if (state !== undefined) assert.ok(Number.isSafeInteger(state.push) && Array.isArray(state.findings));
    }),
    { numRuns: 500, seed: 7 },
  );
});
