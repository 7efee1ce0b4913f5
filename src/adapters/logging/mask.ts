const MASK = '***';

/** Replaces every occurrence of a secret; longer ones first, so that none leaves its tail behind. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  return [...secrets]
    .filter((secret) => secret.length > 0)
    .sort((a, b) => b.length - a.length)
    .reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
}

/** Text from outside on a terminal or in a log: without escape sequences, and never the start of a workflow command. */
export function neutralise(text: string): string {
  const controls = /[\p{Cc}\p{Bidi_Control}]/gu;
  return text
    .replace(controls, (character) => (character === '\n' || character === '\t' ? character : '\ufffd'))
    .replace(/^(\s*)::/gm, '$1\u200b::')
    .replaceAll('##[', '#\u200b#[');
}
