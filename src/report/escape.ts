import { printable } from '../documents/show.ts';

const LONGEST = 500;

/** Characters that nobody sees, beyond those that `printable` knows. */
const UNSEEN = /\p{Cf}|\u034f|\u115f|\u1160|\u17b4|\u17b5|\u3164|\uffa0/gu;
/** More marks on one letter than any script needs cover the lines above and below. */
const PILED_MARKS = /(\p{M}{4})\p{M}+/gu;

function visible(text: string, longest: number): string {
  return printable(text, longest)
    .replace(UNSEEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
    .replace(PILED_MARKS, '$1');
}

/**
 * Text of unknown origin on one line of a terminal: bounded, without control characters. A runner takes `::word` at the
 * start of a line and `##[word]` anywhere for commands; lines may be broken at any blank.
 */
export function plain(text: string, longest = LONGEST): string {
  return visible(text, longest)
    .replace(/(?<!\S)::/g, ':\\x3a')
    .replaceAll('##[', '#\\x23[');
}

// GitHub finds mentions, references and addresses in the rendered text, where backslashes are gone: only a character
// of no width inside them keeps it from notifying people and linking elsewhere.
const BREAK = '\u200b';

/** In rendered text, what GitHub makes links, notifications and pictures of. */
function unlinked(text: string): string {
  return (
    text
      // Not numbers: they are dates and names of runs, and hardly ever commits.
      .replace(/\b(?=\d*[a-f])[0-9a-f]{7,40}\b/gi, (commit) => commit.match(/.{1,6}/g)?.join(BREAK) ?? commit)
      .replace(/[@#]/g, `$&${BREAK}`)
      .replace(/\b(?:GH|GHSA|CVE)-/gi, `$&${BREAK}`)
      .replaceAll('://', `:${BREAK}//`)
      .replace(/\b(?:mailto|xmpp)(?=:)/gi, `$&${BREAK}`)
      .replace(/www(?=\.)/gi, `$&${BREAK}`)
      .replace(/:(?!\d\d:)(?=[\w+-]+:)/g, `:${BREAK}`)
  );
}

/**
 * Text of unknown origin inside a line or table cell of Markdown, shown as it is: no markup, HTML, link, mention,
 * reference, formula or emoji comes out of it. At most `longest` characters are shown; a character becomes at most 20.
 */
export function markdownText(text: string, longest = LONGEST): string {
  return (
    unlinked(visible(text, longest).trim())
      .replaceAll('&', '&amp;')
      .replace(/[\\`*_[\]~]/g, '\\$&')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('|', '&#124;')
      .replaceAll(BREAK, '&#8203;')
      // The way that GitHub documents for a dollar that is none of a formula's.
      .replaceAll('$', '<span>&#36;</span>')
      .replace(/^[-+=](?!\w)|^\d+(?=[.)](?:\s|$))/, (start) => (/\d/.test(start) ? `${start}&#8203;` : `\\${start}`))
  );
}

/** The same in the letters of code. HTML and not backticks, so that nothing inside can end it. */
export function markdownCode(text: string, longest = LONGEST): string {
  return `<code>${markdownText(text === '' ? ' ' : text, longest)}</code>`;
}

/** A commit in 12 characters, which GitHub links; anything else is text. */
export function markdownCommit(commit: string): string {
  return /^[0-9a-f]{7,64}$/.test(commit) ? commit.slice(0, 12) : markdownText(commit, 40);
}

/** A run's name, so that it can be copied; anything that does not look like one is text. */
export function markdownRunId(runId: string): string {
  return /^\d{8}-\d{6}(?:-[a-z0-9]{1,20})?$/.test(runId) ? runId : markdownText(runId, 60);
}

/** A link with words of ours; only the words where the address is not plainly one. */
export function markdownLink(words: string, url: string): string {
  return url.length <= 300 && /^https?:\/\/[\w.-]+(?::\d+)?(?:\/[\w.~%/-]*)?$/.test(url) ? `[${words}](${url})` : words;
}

/** The start of a text that takes at most `room` characters of Markdown. */
export function markdownWithin(text: string, room: number): string {
  for (let longest = Math.min(room, LONGEST); longest > 0; longest = Math.floor(longest * 0.7)) {
    const found = markdownText(text, longest);
    if (found.length <= room) return found;
  }
  return '';
}

/** The start of an image's digest, enough to tell images apart. */
export function markdownDigest(digest: string): string {
  const start = digest.slice(0, 19);
  return /^sha256:[0-9a-f]{12}$/.test(start) ? `<code>${start}</code>` : markdownCode(start, 40);
}
