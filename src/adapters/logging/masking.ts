import type { LogFields } from '../../ports/logger.ts';

export interface LoggerOptions {
  /** Values that no line may contain. */
  readonly secrets: readonly string[];
  /** Whether debug lines are written. */
  readonly verbose: boolean;
}

const MASK = '***';
/** Before the host of an address: a password with its name, or a name that is a token; `git` of ssh is neither. */
const CREDENTIALS = /\b(https?:\/\/|[a-z][a-z0-9+.-]*:\/\/(?=[^\s/@:]*:[^\s/@]*@))[^\s/@]+@/gi;

/** A line of a secret may be no more than a bracket, and the end of a text that was cut a letter. */
const SHORTEST_PART = 4;
const CUT = '…';

/**
 * Replaces every secret by ***, and its parts line by line, also as JSON and addresses write them, and also where the text
 * was cut inside of one; and the credentials of every address.
 */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  const forms = [...new Set(secrets.flatMap(partsOf).flatMap(formsOf))];
  // The longest first: a secret may contain another one.
  const longestFirst = forms.sort((a, b) => b.length - a.length);
  const masked = longestFirst.reduce((rest, secret) => rest.replaceAll(secret, MASK), text);
  return maskCut(masked, longestFirst).replace(CREDENTIALS, `$1${MASK}@`);
}

function partsOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= SHORTEST_PART);
  return [secret, ...lines].filter((part) => part.trim() !== '');
}

const formsOf = (part: string) => [part, JSON.stringify(part).slice(1, -1), encodeURIComponent(part.toWellFormed())];

function maskCut(text: string, secrets: readonly string[]): string {
  if (!text.includes(CUT)) return text;
  const [last = '', ...cut] = text.split(CUT).reverse();
  const masked = cut.reverse().map((piece) => {
    const lengths = secrets.map((secret) => cutLength(piece, secret));
    const longest = Math.max(0, ...lengths);
    return longest === 0 ? piece : `${piece.slice(0, -longest)}${MASK}`;
  });
  return [...masked, last].join(CUT);
}

/** Of the secret's beginning that the piece ends with; 0: with none that would be recognised. */
function cutLength(piece: string, secret: string): number {
  for (let length = Math.min(secret.length - 1, piece.length); length >= SHORTEST_PART; length -= 1)
    if (piece.endsWith(secret.slice(0, length))) return length;
  return 0;
}

/** ` key=value` for each field that is set. */
export function fieldsText(fields: LogFields | undefined): string {
  return Object.entries(fields ?? {})
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) => ` ${key}=${typeof value === 'string' && /[\s"=]/.test(value) ? JSON.stringify(value) : value}`,
    )
    .join('');
}
