/** Words that some reader of YAML takes for something else than a text. */
const RESERVED = /^(?:true|false|yes|no|on|off|null|nan|inf|y|n|e[0-9]+)$/i;
const PLAIN_WORD = /^(?:\.?\/)?[A-Za-z][A-Za-z0-9_./-]*$/;
const VERSION = /^\d+\.\d+\.\d+$/;
const PLAIN_LINE = /^[A-Za-z][\x21-\x7e]*(?: [\x21-\x7e]+)*$/;
/** What JSON leaves as it is and YAML does not want, or an editor shows as something else. */
const INVISIBLE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A text as a value of YAML, wherever it stands: plain where nothing else can be read in it, else in double quotes. */
export function yamlScalar(text: string): string {
  const plain = (PLAIN_WORD.test(text) && !RESERVED.test(text)) || VERSION.test(text);
  return plain ? text : quoted(text);
}

/** The same for a value on a line of its own, where a shell command stays readable. */
export function yamlLine(text: string): string {
  const plain = PLAIN_LINE.test(text) && !/: | #|:$/.test(text) && text.includes(' ');
  return plain ? text : yamlScalar(text);
}

/** `[a, "b c"]` */
export function yamlList(texts: readonly string[]): string {
  return `[${texts.map(yamlScalar).join(', ')}]`;
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    INVISIBLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
