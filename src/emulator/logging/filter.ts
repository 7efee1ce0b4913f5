import type { LogEntry } from './entry.ts';

type EntryFilter = (entry: LogEntry) => boolean;

export interface ParsedFilter {
  readonly matches: EntryFilter;
  /** What every match must have, so that a long log need not be turned into entries first. */
  readonly service?: string;
  readonly revision?: string;
  /** Not of entries with a payload of JSON. */
  readonly logNames?: readonly string[];
  /** Epoch microseconds, inclusive. */
  readonly sinceMicros?: number;
}

/** A filter that is wrong, or outside the subset that this emulator understands. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
}

const SUBSET =
  'this emulator understands comparisons joined by AND: resource.type, resource.labels.NAME, labels.NAME, labels."NAME", jsonPayload.NAME, logName, severity and trace with = or !=, timestamp with = != < <= > >=, FIELD=("a" OR "b"), and (COMPARISON OR COMPARISON)';
const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(>=|<=|!=|=|<|>|\(|\))|(labels\."[^"\\]+"|[A-Za-z0-9_.%/:+-]+))/y;
const MAX_FILTER_CHARS = 20_000;

/** Understands a documented subset of the Logging query language; throws FilterError on anything else. */
export function parseFilter(text: string): ParsedFilter {
  if (text.length > MAX_FILTER_CHARS) throw new FilterError(`The filter has more than ${MAX_FILTER_CHARS} characters.`);
  const tokens = tokenize(text);
  const comparisons: EntryFilter[] = [];
  let bounds: Omit<ParsedFilter, 'matches'> = {};
  let at = 0;
  const next = () => tokens[at++] ?? '';
  const read = () => [next(), next(), tokens[at] === '(' ? valueList(next) : [next()]] as const;
  const anyOf = (): ParsedFilter => {
    const found: (readonly [string, string, readonly string[]])[] = [];
    do {
      next();
      found.push(read());
    } while (tokens[at] === 'OR');
    const end = next();
    if (end !== ')') throw new FilterError(`Unparseable filter: expected OR or ')', found '${end}': ${SUBSET}.`);
    const holds = found.map((one) => comparison(...one));
    const matches: EntryFilter = (entry) => holds.some((one) => one(entry));
    // What has a payload of JSON is of no log by name; all else must be in one of those.
    const others = found.filter(([field]) => !field.startsWith('jsonPayload.')).map((one) => boundOf(...one).logNames);
    return others.every((names) => names !== undefined) ? { matches, logNames: others.flat() } : { matches };
  };
  while (at < tokens.length) {
    if (comparisons.length > 0 && tokens[at] === 'AND') at += 1;
    if (tokens[at] === '(') {
      const { matches, ...bound } = anyOf();
      comparisons.push(matches);
      bounds = { ...bounds, ...bound };
      continue;
    }
    const [field, operator, values] = read();
    comparisons.push(comparison(field, operator, values));
    bounds = { ...bounds, ...boundOf(field, operator, values) };
  }
  return { ...bounds, matches: (entry) => comparisons.every((holds) => holds(entry)) };
}

function boundOf(field: string, operator: string, quoted: readonly string[]): Omit<ParsedFilter, 'matches'> {
  const values = quoted.map((one) => unquote(field, one));
  if (field === 'logName' && operator === '=') return { logNames: values };
  const [value, ...more] = values;
  if (value === undefined || more.length > 0) return {};
  const sinceMicros = microseconds(value);
  if (field === 'timestamp' && operator === '>=' && sinceMicros !== undefined) return { sinceMicros };
  if (operator !== '=') return {};
  if (field === 'resource.labels.service_name') return { service: value };
  return field === 'resource.labels.revision_name' ? { revision: value } : {};
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null)
      throw new FilterError(`Unparseable filter at '${text.slice(from, from + 40).trim()}': ${SUBSET}.`);
    tokens.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return tokens;
}

function valueList(next: () => string): string[] {
  next();
  const values = [next()];
  for (let token = next(); token !== ')'; token = next()) {
    if (token !== 'OR') throw new FilterError(`Unparseable filter: expected OR or ')', found '${token}': ${SUBSET}.`);
    values.push(next());
  }
  return values;
}

function comparison(field: string, operator: string, quoted: readonly string[]): EntryFilter {
  const values = quoted.map((value) => unquote(field, value));
  if (field === 'timestamp') return timeComparison(operator, values);
  const read = reader(field);
  if (operator === '=') return (entry) => values.includes(read(entry) ?? '');
  if (operator === '!=') return (entry) => !values.includes(read(entry) ?? '');
  throw new FilterError(`Unsupported comparison '${field} ${operator}': ${SUBSET}.`);
}

function unquote(field: string, value: string): string {
  if (/^"/.test(value)) return value.slice(1, -1).replace(/\\(.)/gs, '$1');
  if (/^[A-Za-z0-9_.%/:+-]+$/.test(value) && !['AND', 'OR', 'NOT'].includes(value)) return value;
  throw new FilterError(`Unparseable filter: '${field}' is compared with '${value}': ${SUBSET}.`);
}

function reader(field: string): (entry: LogEntry) => string | undefined {
  const label = /^(resource\.)?labels\.(?:([A-Za-z0-9_]+)|"([^"]+)")$/.exec(field);
  if (label !== null) {
    const name = label[2] ?? label[3] ?? '';
    return label[1] === undefined ? ({ labels }) => labels[name] : ({ resource }) => resource.labels[name];
  }
  const member = /^jsonPayload\.([A-Za-z0-9_]+)$/.exec(field)?.[1];
  if (member !== undefined) {
    return ({ jsonPayload }) => {
      const value = jsonPayload?.[member];
      return typeof value === 'string' ? value : undefined;
    };
  }
  if (field === 'resource.type') return ({ resource }) => resource.type;
  if (field === 'logName') return ({ logName }) => logName;
  if (field === 'severity') return ({ severity }) => severity;
  if (field === 'trace') return ({ trace }) => trace;
  throw new FilterError(`Unsupported field '${field.slice(0, 100)}': ${SUBSET}.`);
}

/** Timestamps have one form of fixed width, so that comparing microseconds as text is comparing times. */
function timeComparison(operator: string, [value = '', ...more]: readonly string[]): EntryFilter {
  const wanted = microseconds(value);
  if (wanted === undefined || more.length > 0) {
    throw new FilterError(`Invalid timestamp '${value.slice(0, 100)}': RFC 3339 is wanted.`);
  }
  const compare: Readonly<Record<string, (at: number) => boolean>> = {
    '=': (at) => at === wanted,
    '!=': (at) => at !== wanted,
    '<': (at) => at < wanted,
    '<=': (at) => at <= wanted,
    '>': (at) => at > wanted,
    '>=': (at) => at >= wanted,
  };
  const holds = compare[operator];
  if (holds === undefined) throw new FilterError(`Unsupported comparison 'timestamp ${operator}': ${SUBSET}.`);
  return ({ timestamp }) => holds(microseconds(timestamp) ?? Number.NaN);
}

/** Microseconds since the epoch, which Date alone would cut to milliseconds. */
function microseconds(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return undefined;
  const wholeMs = Date.parse(`${match[1]}${match[3]}`);
  return Number.isNaN(wholeMs) ? undefined : wholeMs * 1000 + Number((match[2] ?? '').padEnd(6, '0').slice(0, 6));
}
