import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { markdownCode, markdownText } from '../../../src/report/escape.ts';
import { COMPARISON_EXPORTERS, CONFORMANCE_EXPORTERS, EXPORTERS } from '../../../src/report/registry.ts';
import { hostileRun } from '../../helpers/hostile-run.ts';

const run = hostileRun();
const checked = (run.results[0]?.implementations ?? []).flatMap(({ name: implementation, conformance }) =>
  conformance === undefined ? [] : [{ implementation, conformance }],
);
const comparisons = run.results.flatMap(({ comparison }) => (comparison === undefined ? [] : [comparison]));

const documents = {
  run: EXPORTERS.markdown(run),
  contract: CONFORMANCE_EXPORTERS.markdown(checked),
  comparison: COMPARISON_EXPORTERS.markdown(comparisons),
};

/** What must not be anywhere in a document, whatever the names and messages in it are. */
const FORBIDDEN: readonly [string, RegExp][] = [
  ['a script', /<\/?script/i],
  ['HTML of our own tags only', /<(?!\/?(?:details|summary|sub|code|span)>|!-- cloudrun-perf report id=[\w-]+ -->)/],
  ['a mention', /@\w/],
  ['an issue reference', /(?<!&)#\d|GH-\d/],
  ['a link', /(?<!\\)\]\(/],
  ['an image', /!\[/],
  ['an address', /https?:\/\/|www\./],
  ['a control character', /[^\P{Cc}\n]|\u202e/u],
  ['markup', /(?<!\\)(?:\*\*b\*\*|_i_|~~s)/],
];

for (const [name, markdown] of Object.entries(documents)) {
  for (const [what, pattern] of FORBIDDEN) {
    test(`no ${what} gets into the Markdown of the ${name}`, () => {
      const found = pattern.exec(markdown);
      assert.equal(found, null, markdown.slice(Math.max(0, (found?.index ?? 0) - 80), (found?.index ?? 0) + 80));
    });
  }

  test(`each table of the ${name} has the same number of cells in each row`, () => {
    let columns = 0;
    let rows = 0;
    for (const line of markdown.split('\n')) {
      if (!line.startsWith('|')) {
        columns = 0;
        continue;
      }
      const cells = line.split('|').length;
      if (columns > 0) assert.equal(cells, columns, line);
      columns = cells;
      rows += 1;
    }
    assert.ok(rows > 2);
  });

  test(`what folds in the ${name} is closed by us`, () => {
    const count = (pattern: RegExp) => markdown.match(pattern)?.length ?? 0;
    assert.equal(count(/<details>/g), count(/<\/details>/g));
    assert.equal(count(/<code>/g), count(/<\/code>/g));
  });
}

test('a long text is cut', () => {
  assert.ok(documents.run.length < 40_000, `${documents.run.length}`);
  assert.ok(!documents.run.includes('x'.repeat(1000)));
});

test('the terminal sees no control characters and no line of somebody else', () => {
  for (const text of [
    EXPORTERS.terminal(run),
    CONFORMANCE_EXPORTERS.terminal(checked),
    COMPARISON_EXPORTERS.terminal(comparisons),
  ]) {
    assert.doesNotMatch(text, /[^\P{Cc}\n]|\u202e/u);
    assert.doesNotMatch(text, /^(# heading|- item)/m);
  }
});

test('no output has a command that a runner would obey', () => {
  const commands = '::set-output name=a::b ::error::c ##[add-mask]d x::e';
  for (const text of [commands, `\n${commands}`, `\r\n  ${commands}`, `word ${'long '.repeat(30)}${commands}`]) {
    const hostile = hostileRun(text);
    const outputs = [40, 60, 100, 200].map((width) => EXPORTERS.terminal(hostile, { width }));
    for (const output of [...outputs, EXPORTERS.markdown(hostile), EXPORTERS.json(hostile)]) {
      assert.doesNotMatch(output, /^\s*::/m);
      assert.doesNotMatch(output, /##\[/);
      assert.doesNotMatch(output, /\r|^##\[/m);
    }
  }
});

test('JSON has every text as it was, and nothing in it that a terminal would obey', () => {
  const text = '##[add-mask]d \u001b[31m \u202e \u009b31m \u200b \u2066 \ufeff';
  const hostile = hostileRun(text);
  const json = EXPORTERS.json(hostile);
  assert.doesNotMatch(json, /[^\P{Cc}\n]|\u200b|\u202e|\u2066|\ufeff|##\[/u);
  assert.deepEqual(JSON.parse(json).run.failures, hostile.metadata.failures);
});

test('a text of 10 MB costs no more than a long one', () => {
  const hostile = hostileRun('@'.repeat(10_000_000));
  for (const text of [EXPORTERS.terminal(hostile), EXPORTERS.markdown(hostile)]) assert.ok(text.length < 200_000);
});

test('no text whatever becomes markup', () => {
  const pieces = fc.constantFrom(
    '@',
    '#',
    '1',
    '|',
    '\\',
    '`',
    '<',
    '>',
    '&',
    '[',
    ']',
    '(',
    ')',
    '*',
    '_',
    'a',
    '\n',
    ' ',
    '://',
    'www.',
    'GH-',
    '~',
    '!',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      for (const text of [markdownText(parts.join('')), markdownCode(parts.join(''))]) {
        const inner = text.replace(/^<code>|<\/code>$/g, '');
        assert.doesNotMatch(inner, /[<>|\n]|@\w|(?<!&)#\d|GH-\d|:\/\/|www\.|&(?!amp;|lt;|gt;|#124;|#8203;|#36;)/);
        // Every character that could open markup has an odd number of backslashes before it.
        assert.doesNotMatch(inner, /(?<!\\)(?:\\\\)*[`*_[\]~]/);
      }
    }),
    { numRuns: 500, seed: 7 },
  );
});
