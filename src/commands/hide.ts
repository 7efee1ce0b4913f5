/** Fields that hold words of services and of platforms. Ids, times and numbers must stay what they are. */
const FREE_TEXT: ReadonlySet<string> = new Set([
  'actual',
  'audit',
  'check',
  'expected',
  'message',
  'reason',
  'unreachable',
  'void',
]);

/** The value with secrets blanked out wherever a stored result may quote a service. */
export function hiddenIn<T>(value: T, hide: ((text: string) => string) | undefined): T {
  return hide === undefined ? value : (hidden(value, false, hide) as T);
}

function hidden(value: unknown, isFreeText: boolean, hide: (text: string) => string): unknown {
  if (typeof value === 'string') return isFreeText ? hide(value) : value;
  if (Array.isArray(value)) return value.map((one) => hidden(one, isFreeText, hide));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, hidden(one, FREE_TEXT.has(key), hide)]));
}
