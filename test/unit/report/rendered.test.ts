import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Run } from '../../../src/domain/run.ts';
import { markdownCode, markdownText } from '../../../src/report/escape.ts';
import { issueBody, issueClosing } from '../../../src/report/issue.ts';
import { jobSummary } from '../../../src/report/job-summary.ts';
import { prComment } from '../../../src/report/pr-comment.ts';
import { COMPARISON_EXPORTERS, CONFORMANCE_EXPORTERS } from '../../../src/report/registry.ts';
import { slashRefusal } from '../../../src/report/slash-answer.ts';
import { pullRequestRun, quietRun, sweepRun } from '../../helpers/example-pull-request.ts';
import { hostileRun } from '../../helpers/hostile-run.ts';
import { exampleContext, RUN_URL } from '../../helpers/rendering/examples.ts';
import { githubTree } from '../../helpers/rendering/github.ts';
import { harmOf } from '../../helpers/rendering/harmless.ts';
import { textOf } from '../../helpers/rendering/tree.ts';

const HEAD = '4d5e6f7890ab';
const QUIET = quietRun();

/** Every text that GitHub renders, with how many headings of it are ours. */
function textsOf(run: Run): Readonly<Record<string, { readonly markdown: string; readonly headings: number }>> {
  const { metadata, results } = run;
  const comment = (limit: number) => prComment(metadata, results, exampleContext({ limit, untrusted: true }));
  const before = { headSha: 'b'.repeat(40), run: { id: 1, attempt: 1 }, push: 1 };
  const implementations = results.flatMap((group) => group.implementations);
  const checked = implementations.flatMap(({ name: implementation, conformance }) =>
    conformance === undefined ? [] : [{ implementation, conformance }],
  );
  const comparisons = results.flatMap(({ comparison }) => (comparison === undefined ? [] : [comparison]));
  const [group] = results;
  const [first] = implementations;
  assert.ok(group !== undefined && first !== undefined);
  const old = (suffix: string) => ({
    serviceType: group.serviceType,
    profile: first.name,
    implementation: `${first.name}${suffix}`,
    kind: 'regression' as const,
    text: first.name,
  });
  const previous = { ...before, findings: [old(''), old('gone')], fixed: [] };
  return {
    comment: { markdown: comment(60_000), headings: 1 },
    'short comment': { markdown: comment(2000), headings: 1 },
    'later comment': { markdown: prComment(metadata, results, exampleContext({ previous })), headings: 1 },
    'quiet comment': { markdown: prComment(QUIET.metadata, QUIET.results, exampleContext({ previous })), headings: 0 },
    summary: { markdown: jobSummary(run), headings: 1 },
    issue: { markdown: issueBody(metadata, group, first.name), headings: 0 },
    closing: { markdown: issueClosing(metadata, group, first.name), headings: 0 },
    contract: { markdown: CONFORMANCE_EXPORTERS.markdown(checked), headings: 1 },
    comparison: { markdown: COMPARISON_EXPORTERS.markdown(comparisons), headings: 1 },
    refusal: { markdown: slashRefusal(first.name, first.name), headings: 0 },
  };
}

function assertHarmless(run: Run, only?: readonly string[]): void {
  for (const [name, { markdown, headings }] of Object.entries(textsOf(run))) {
    if (only?.includes(name) === false) continue;
    const harm = harmOf(markdown, { headings, links: [RUN_URL], commits: [HEAD, '1a2b3c4d5e6f'] });
    assert.deepEqual(harm, [], `${name}:\n${markdown.slice(0, 3000)}`);
  }
}

test('what we write ourselves is harmless by the same rules', () => {
  assertHarmless(pullRequestRun());
  const { metadata, results } = sweepRun();
  const comment = prComment(metadata, results, exampleContext());
  assert.deepEqual(harmOf(comment, { headings: 1, links: [RUN_URL], commits: [HEAD] }), []);
});

// What each of these does where nothing keeps it from it: the rules must see it.
const ATTACKS: readonly [string, RegExp][] = [
  ['@octocat', /a link: @octocat/],
  ['@org/team', /a link: @org\/team/],
  ['a #1 b', /a link: #1/],
  ['GH-12', /a link: GH-12/],
  ['owner/repo#12', /a link: #12/],
  ['owner/repo@4d5e6f7', /a link/],
  ['at deadbeef00', /a link: deadbeef00/],
  ['GHSA-aaaa-bbbb-cccc', /a link: GHSA/],
  ['CVE-2026-12345', /a link: CVE/],
  ['https://evil.example/x', /a link/],
  ['ftp://evil.example', /a link/],
  ['www.evil.example', /a link/],
  ['mailto:a@evil.example', /a link/],
  ['a@evil.example', /a link/],
  ['<https://evil.example>', /a link/],
  ['[x](https://evil.example)', /a link/],
  ['[x]: https://evil.example\n\n[x]', /a link/],
  ['![x](https://evil.example/i.png)', /an element img/],
  ['<img src=x onerror=alert(1)>', /an element img/],
  ['<a href="https://evil.example">x</a>', /a link/],
  ['# heading', /1 headings/],
  ['heading\n===', /1 headings/],
  ['<h1>heading</h1>', /1 headings/],
  ['> quote', /an element blockquote/],
  ['1. one', /an element ol/],
  ['---', /an element hr/],
  ['*emphasis*', /an element em/],
  ['[^1]\n\n[^1]: note', /an element|headings/],
  ['- [x] task', /an element input/],
  ['x <details><summary>x</summary></details>', /folds/],
  ['<details open>x</details>', /fold/],
  ['| a | b |\n|---|---|\n| c |', /rows of 2 and 1 cells/],
  [':tada:', /a link: :tada:/],
  ['$x^2$', /a link: \$x/],
  ['\u202e', /a hidden character/],
  ['\u00ad', /a hidden character/],
];
for (const [attack, harm] of ATTACKS) {
  test(`${JSON.stringify(attack)} is seen by the rules, and does nothing in our texts`, () => {
    assert.match(harmOf(`${attack}\n`, { headings: 0 }).join('\n'), harm);
    for (const text of [attack, `x ${attack} </details>\n\n-->\`${attack}`]) assertHarmless(hostileRun(text));
  });
}

const OTHERS = [
  '<!-- ',
  '-->',
  '--!>',
  '<script>alert(1)</script>',
  '</code>',
  '</td></tr></table>',
  '~~s~~',
  '~~~',
  '```sh',
  '`',
  '|',
  '\\',
  '\\|',
  '&lt;script&gt;',
  '&#64;octocat',
  '&#x23;1',
  '::set-output name=x::y',
  '##[add-mask]x',
  '\u001b[31m',
  '\ud800',
  '\u200b',
  '\u{e0041}',
  'a\u0301\u0301\u0301\u0301\u0301\u0301\u0301',
  '\n',
  '\r\n',
  '\u2028',
  '\t',
  ' ',
  '    code',
  '$',
  ':',
  '@',
  '#',
  '_',
  '*',
  '[',
  ']',
  '(',
  ')',
  '<',
  '>',
  '&',
  '!',
  '1',
  'a',
  '.',
  '-',
  '+',
  '=',
  '/',
  'www',
  'GH-',
  'x'.repeat(600),
];
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...OTHERS, ...ATTACKS.map(([attack]) => attack)),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(''));

test('no text whatever does anything in our texts', () => {
  fc.assert(
    fc.property(text, (hostile) => assertHarmless(hostileRun(hostile))),
    { numRuns: 20, seed: 11 },
  );
});

test('a text is shown as it is: nothing of it gets lost', () => {
  const seen = fc
    .array(fc.constantFrom(...'@#|\\`<>&[]()*_~!$:.-+=1ax/ '), { maxLength: 15 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(seen, (shown) => {
      for (const markdown of [`x ${markdownText(shown)}`, `x ${markdownCode(shown)}`]) {
        const rendered = textOf(githubTree(markdown).tree).replaceAll('\u200b', '');
        assert.equal(rendered.trim().replaceAll(/\s+/g, ' '), `x ${shown}`.trim().replaceAll(/\s+/g, ' '));
      }
    }),
    { numRuns: 400, seed: 7 },
  );
});
