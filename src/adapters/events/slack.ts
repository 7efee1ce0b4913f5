import type { EventFinding, RunEvent } from '../../domain/event.ts';
import type { EventSink } from '../../ports/event-sink.ts';
import type { Deliver } from './delivery.ts';
import { slackLink, slackText } from './slack-text.ts';

/** Slack's limits: of a section's text, of a header's, and of what it takes of all blocks together (about 13,000). */
const SECTION_CHARACTERS = 3_000;
const HEADER_CHARACTERS = 150;
const MESSAGE_CHARACTERS = 10_000;
const NAME_CHARACTERS = 60;

type Block = Readonly<Record<string, unknown>>;

export interface SlackMessage {
  /** What notifications and screen readers show. */
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** Posts events as messages to the channel of an incoming webhook. */
export function createSlackSink(url: string, deliver: Deliver): EventSink {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'cloudrun-perf' };
  const destination = { name: 'Slack', url };
  return {
    send: (event) => deliver(destination, event, () => ({ headers, body: JSON.stringify(toSlackMessage(event)) })),
  };
}

export function toSlackMessage(event: RunEvent): SlackMessage {
  const title = slackText(titleOf(event), HEADER_CHARACTERS / 5);
  const findings = event.findings ?? [];
  const { sections, shown } = packed(findings.map(findingLine));
  const unshown = findings.length - shown + (event.moreFindings ?? 0);
  const first = findings[0] === undefined ? '' : `: ${findingLine(findings[0])}`;
  return {
    text: `${title} (${slackText(event.repository, NAME_CHARACTERS)})${first}`,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: title, emoji: false } },
      section(aboutRun(event)),
      ...sections.map(section),
      ...(unshown > 0 ? [section(`and ${unshown} more`)] : []),
      ...(event.message === undefined ? [] : [section(slackText(event.message, SECTION_CHARACTERS / 6))]),
      { type: 'context', elements: [mrkdwn(`run ${slackText(event.runId, NAME_CHARACTERS)}`)] },
    ],
  };
}

function titleOf({ type, verdict, findings = [], moreFindings = 0 }: RunEvent): string {
  const number = findings.length + moreFindings;
  const counted = (word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;
  switch (type) {
    case 'run.started':
      return 'Performance run started';
    case 'run.finished':
      return verdict === undefined ? 'Performance run finished' : `Performance: ${verdict}`;
    case 'run.failed':
      return 'Performance run failed';
    case 'run.cancelled':
      return 'Performance run cancelled';
    case 'regression.found':
      return counted('regression');
    case 'contract.failed':
      return counted('contract failure');
  }
}

function aboutRun({ repository, pullRequest, commit, suite, platform, counts, url }: RunEvent): string {
  const name = (text: string) => slackText(text, NAME_CHARACTERS);
  const change = [
    `*${name(repository)}*`,
    ...(pullRequest === undefined ? [] : [`pull request ${pullRequest}`]),
    ...(commit === undefined ? [] : [`commit ${slackText(commit.slice(0, 12))}`]),
    `${name(suite)} suite on ${name(platform)}`,
  ].join(', ');
  const totals = Object.entries(counts ?? {}).map(([standing, number]) => `${number} ${slackText(standing, 20)}`);
  const link = slackLink(url, 'Open the run');
  return [change, ...(totals.length === 0 ? [] : [totals.slice(0, 10).join(', ')]), ...(link ? [link] : [])].join('\n');
}

/** `*node-http* (discord-webhook) starts 31 % slower ...`, `*php-laravel* (discord-webhook): 2 of 14 vectors failed` */
function findingLine({ implementation, serviceType, profile, kind, text }: EventFinding): string {
  const name = (part: string) => slackText(part, NAME_CHARACTERS);
  const where = profile === undefined ? name(serviceType) : `${name(serviceType)}, ${name(profile)}`;
  return `*${name(implementation)}* (${where})${kind === 'regression' ? '' : ':'} ${slackText(text)}`;
}

/** Lines in as few sections as they fit in, as long as the message may grow. */
function packed(lines: readonly string[]): { readonly sections: readonly string[]; readonly shown: number } {
  const sections: string[] = [];
  let shown = 0;
  let characters = 0;
  for (const line of lines.map((text) => `• ${text}`)) {
    characters += JSON.stringify(line).length;
    if (characters > MESSAGE_CHARACTERS) break;
    const last = sections.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= SECTION_CHARACTERS)
      sections[sections.length - 1] = `${last}\n${line}`;
    else sections.push(line);
    shown += 1;
  }
  return { sections, shown };
}

const section = (text: string): Block => ({ type: 'section', text: mrkdwn(text) });

/** Verbatim: Slack makes no links of names and addresses by itself. */
const mrkdwn = (text: string): Block => ({ type: 'mrkdwn', text, verbatim: true });
