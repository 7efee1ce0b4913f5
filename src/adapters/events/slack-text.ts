import { printable } from '../../documents/show.ts';

const LONGEST = 300;
const JOINER = '\u2060';
/** mrkdwn has no escape for its own marks, so they are shown by characters that look the same. */
const LOOKALIKES: Readonly<Record<string, string>> = { '*': '\u2217', '~': '\u223c', '`': '\u02cb', _: '\uff3f' };

/**
 * Text of unknown origin inside mrkdwn, on one line, shown as it is: no mention, link or format comes out of it. At most
 * `longest` characters before escaping, five times that after.
 */
export function slackText(text: string, longest = LONGEST): string {
  return (
    printable(text.toWellFormed(), longest)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      // Inside a word _ is no mark.
      .replace(/[*~`]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, (mark) => LOOKALIKES[mark] ?? mark)
      .replaceAll('@', `@${JOINER}`)
  );
}

/** A link that only leads to the web; undefined when the address is none of the web. */
export function slackLink(address: string | undefined, label: string): string | undefined {
  const url = address === undefined ? null : URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const href = url.href.replace(/[<>|]/g, encodeURIComponent).replaceAll('&', '&amp;');
  return href.length > LONGEST_LINK ? undefined : `<${href}|${label}>`;
}

const LONGEST_LINK = 2000;
