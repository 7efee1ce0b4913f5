import assert from 'node:assert/strict';
import { test } from 'node:test';
import { safeEvent } from '../../../src/adapters/events/safe-event.ts';
import { toSlackMessage } from '../../../src/adapters/events/slack.ts';
import { slackLink, slackText } from '../../../src/adapters/events/slack-text.ts';
import { EVENT_TYPES, type EventFinding, type RunEvent } from '../../../src/domain/event.ts';
import { exampleEvent, HOSTILE } from './fakes.ts';

interface TextObject {
  readonly type: string;
  readonly text: string;
  readonly verbatim?: boolean;
}
interface Block {
  readonly type: string;
  readonly text?: TextObject;
  readonly elements?: readonly TextObject[];
}

const blocksOf = (event: RunEvent) => toSlackMessage(event).blocks as unknown as readonly Block[];
const textsOf = (event: RunEvent): readonly TextObject[] =>
  blocksOf(event).flatMap(({ text, elements }) => [...(text === undefined ? [] : [text]), ...(elements ?? [])]);

test('the end of a run', () => {
  const message = toSlackMessage(exampleEvent());
  assert.deepEqual(message, {
    text: 'Performance: regression (org/cloudrun-service-discord): *node-http* (discord-webhook) starts 31 % slower from zero (6.69 s → 8.77 s, 95 % interval +22 to +41 %)',
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: 'Performance: regression', emoji: false } },
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          verbatim: true,
          text: [
            '*org/cloudrun-service-discord*, pull request 12, commit 4d5e6f7890ab, quick suite on local',
            '1 regression, 1 contract failed, 16 no change',
            '<https://github.com/org/cloudrun-service-discord/actions/runs/123|Open the run>',
          ].join('\n'),
        },
      },
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          verbatim: true,
          text: [
            '• *node-http* (discord-webhook) starts 31 % slower from zero (6.69 s → 8.77 s, 95 % interval +22 to +41 %)',
            '• *php-laravel* (discord-webhook): 2 of 14 vectors failed: signed-ping',
          ].join('\n'),
        },
      },
      { type: 'context', elements: [{ type: 'mrkdwn', text: 'run run-20261121-130000-abcde', verbatim: true }] },
    ],
  });
});

test('a title for each type', () => {
  const bare: RunEvent = { ...exampleEvent(), findings: [], counts: {} };
  const titles = EVENT_TYPES.map((type) => blocksOf({ ...bare, type })[0]?.text?.text);
  assert.deepEqual(titles, [
    'Performance run started',
    'Performance: regression',
    'Performance run failed',
    'Performance run cancelled',
    '0 regressions',
    '0 contract failures',
  ]);
  const [first] = exampleEvent().findings ?? [];
  assert.ok(first !== undefined);
  const found = (more: Partial<RunEvent>) => blocksOf({ ...bare, type: 'regression.found', ...more })[0]?.text?.text;
  assert.equal(found({ findings: [first] }), '1 regression');
  assert.equal(found({ findings: [first], moreFindings: 9 }), '10 regressions');
  assert.match(
    textsOf({ ...bare, type: 'run.failed', message: 'no quota' })
      .map(({ text }) => text)
      .join('\n'),
    /^no quota$/m,
  );
});

test('texts are shown as they are', () => {
  const cases: readonly [string, string][] = [
    ['<!channel>', '&lt;!channel&gt;'],
    ['<@U012> & <#C1>', '&lt;@\u2060U012&gt; &amp; &lt;#C1&gt;'],
    ['&lt;!here&gt;', '&amp;lt;!here&amp;gt;'],
    ['@here', '@\u2060here'],
    ['*b* _i_ ~s~ `c`', '\u2217b\u2217 \uff3fi\uff3f \u223cs\u223c \u02cbc\u02cb'],
    ['python_flask_1', 'python_flask_1'],
    ['a\r\nb\u001b[31m\u202e\ud800', 'a\\r\\nb\\x1b[31m\\u202e\ufffd'],
  ];
  for (const [text, expected] of cases) assert.equal(slackText(text), expected, text);
  assert.equal(slackText('&'.repeat(400)).length, 299 * 5 + 1);
});

test('only addresses of the web become links', () => {
  const cases: readonly [string | undefined, string | undefined][] = [
    ['https://github.com/a/b?x=1&y=2', '<https://github.com/a/b?x=1&amp;y=2|Open>'],
    ['https://github.com/a|b><!channel>', '<https://github.com/a%7Cb%3E%3C!channel%3E|Open>'],
    ['https://github.com/?a|b<c>', '<https://github.com/?a%7Cb%3Cc%3E|Open>'],
    ['https://github.com/#a|<!here>', '<https://github.com/#a%7C%3C!here%3E|Open>'],
    ['javascript:alert(1)', undefined],
    ['!channel', undefined],
    [`https://github.com/${'a'.repeat(3000)}`, undefined],
    [undefined, undefined],
  ];
  for (const [address, expected] of cases) assert.equal(slackLink(address, 'Open'), expected, address);
});

test('hostile texts mention nobody, link nowhere and stay inside the limits', () => {
  const finding: EventFinding = {
    serviceType: HOSTILE,
    profile: HOSTILE,
    implementation: HOSTILE,
    kind: 'regression',
    text: HOSTILE,
  };
  const base: RunEvent = {
    ...exampleEvent(),
    url: 'https://github.com/o/r/actions/runs/1',
    repository: HOSTILE,
    commit: HOSTILE,
    platform: HOSTILE,
    suite: HOSTILE,
    verdict: HOSTILE,
    runId: HOSTILE,
    message: HOSTILE.repeat(100),
    counts: Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`${index}${HOSTILE}`, index])),
  };
  for (const count of [0, 1, 7, 50, 1000]) {
    const raw: RunEvent = { ...base, findings: Array.from({ length: count }, () => finding), moreFindings: 5 };
    for (const event of [raw, safeEvent(raw, [])]) {
      const blocks = blocksOf(event);
      const texts = textsOf(event);
      assert.ok(blocks.length <= 50, `${blocks.length} blocks`);
      assert.ok(JSON.stringify(blocks).length <= 13_000, `${JSON.stringify(blocks).length} characters`);
      for (const { text, type, verbatim } of texts) {
        assert.ok(text.length > 0 && text.length <= (type === 'plain_text' ? 150 : 3000), `${text.length} characters`);
        assert.equal(verbatim, type === 'mrkdwn' ? true : undefined);
      }
      for (const text of [...texts.map((object) => object.text), toSlackMessage(event).text]) {
        assert.doesNotMatch(text.replaceAll('<https://github.com/o/r/actions/runs/1|Open the run>', ''), /[<>]/);
        assert.doesNotMatch(text, /@(?!\u2060)/);
        assert.doesNotMatch(text, /[`~]|[\u202a-\u202e\u200b]|(?!\n)\p{Cc}|&(?!amp;|lt;|gt;)/u);
      }
      const listed = texts.flatMap(({ text }) => text.split('\n')).filter((line) => line.startsWith('• ')).length;
      const more = texts.map(({ text }) => /^and (\d+) more$/.exec(text)?.[1]).find((number) => number !== undefined);
      assert.equal(listed + Number(more), count + 5);
      assert.ok(count === 0 || listed > 0);
    }
  }
});
