import { printable } from '../documents/show.ts';

const LONGEST = 500;

/** Text of unknown origin on one line of a terminal: bounded, without control characters. */
export function plain(text: string, longest = LONGEST): string {
  return printable(text, longest);
}

// GitHub finds mentions, references and addresses in the rendered text, where backslashes are gone: only a character
// of no width inside them keeps it from notifying people and linking elsewhere.
const BREAK = '&#8203;';

/**
 * Text of unknown origin inside a line or table cell of Markdown, shown as it is: no markup, HTML, link, mention or
 * issue reference comes out of it.
 */
export function markdownText(text: string, longest = LONGEST): string {
  return (
    printable(text, longest)
      .trim()
      .replaceAll('&', '&amp;')
      .replace(/[\\`*_[\]~$]/g, '\\$&')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('|', '&#124;')
      .replaceAll('@', `@${BREAK}`)
      // Not the # of the references written above.
      .replace(/(?<!&)#/g, `#${BREAK}`)
      .replace(/GH-(?=\d)/gi, `$&${BREAK}`)
      .replaceAll('://', `:${BREAK}//`)
      .replace(/\b(mailto|xmpp):/gi, `$1${BREAK}:`)
      .replace(/www(?=\.)/gi, `$&${BREAK}`)
      .replace(/^[-+=](?!\w)|^\d+(?=[.)](?:\s|$))/, (start) => (/\d/.test(start) ? `${start}${BREAK}` : `\\${start}`))
  );
}

/** The same in the letters of code. HTML and not backticks, so that nothing inside can end it. */
export function markdownCode(text: string, longest = LONGEST): string {
  return `<code>${markdownText(text === '' ? ' ' : text, longest)}</code>`;
}
