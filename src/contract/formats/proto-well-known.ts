/** Types of google.protobuf whose JSON form is another than that of their fields. */
interface WellKnown {
  /** The fields of a JSON value; undefined: it is no such value. */
  fields(json: unknown): object | undefined;
  json(fields: Readonly<Record<string, unknown>>): unknown;
}

const WRAPPERS = ['Double', 'Float', 'Int64', 'UInt64', 'Int32', 'UInt32', 'Bool', 'String', 'Bytes'];
/** A wrapper is its value; what it may be is seen when that is written. */
const WRAPPER: WellKnown = {
  fields: (json) => ({ value: json }),
  json: ({ value }) => value,
};

const TIMESTAMP: WellKnown = {
  fields(json) {
    const found =
      typeof json === 'string'
        ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(json)
        : null;
    const ms = found === null ? Number.NaN : Date.parse(`${found[1]}${found[3]}`);
    if (Number.isNaN(ms)) return undefined;
    return { seconds: String(ms / 1000), nanos: nanosOf(found?.[2]) };
  },
  json({ seconds, nanos }) {
    const date = new Date(Number(seconds) * 1000);
    if (Number.isNaN(date.getTime())) return { seconds, nanos };
    return `${date.toISOString().slice(0, 19)}${fraction(Number(nanos))}Z`;
  },
};

const DURATION: WellKnown = {
  fields(json) {
    const found = typeof json === 'string' ? /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(json) : null;
    if (found === null) return undefined;
    const [, sign = '', seconds = '0', digits] = found;
    const nanos = nanosOf(digits);
    return { seconds: `${sign}${seconds}`.replace(/^-0$/, '0'), nanos: sign === '-' && nanos > 0 ? -nanos : nanos };
  },
  json({ seconds, nanos }) {
    const negative = String(seconds).startsWith('-') || Number(nanos) < 0;
    return `${negative ? '-' : ''}${String(seconds).replace('-', '')}${fraction(Math.abs(Number(nanos)))}s`;
  },
};

const FIELD_MASK: WellKnown = {
  fields(json) {
    if (typeof json !== 'string') return undefined;
    const names = json === '' ? [] : json.split(',');
    return { paths: names.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)) };
  },
  json: ({ paths }) =>
    (paths as string[]).map((path) => path.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase())).join(','),
};

const VALUE: WellKnown = {
  fields(json) {
    if (json === null) return { nullValue: 0 };
    if (typeof json === 'number') return { numberValue: json };
    if (typeof json === 'string') return { stringValue: json };
    if (typeof json === 'boolean') return { boolValue: json };
    return Array.isArray(json) ? { listValue: json } : { structValue: json };
  },
  json: (fields) => ('nullValue' in fields ? null : (Object.values(fields)[0] ?? null)),
};

const STRUCT: WellKnown = {
  fields: (json) => (typeof json === 'object' && json !== null && !Array.isArray(json) ? { fields: json } : undefined),
  json: ({ fields }) => fields,
};

const LIST: WellKnown = {
  fields: (json) => (Array.isArray(json) ? { values: json } : undefined),
  json: ({ values }) => values,
};

const TYPES: ReadonlyMap<string, WellKnown> = new Map([
  ...WRAPPERS.map((name) => [`google.protobuf.${name}Value`, WRAPPER] as const),
  ['google.protobuf.Timestamp', TIMESTAMP],
  ['google.protobuf.Duration', DURATION],
  ['google.protobuf.FieldMask', FIELD_MASK],
  ['google.protobuf.Value', VALUE],
  ['google.protobuf.Struct', STRUCT],
  ['google.protobuf.ListValue', LIST],
]);

/** What a type's JSON value says of its fields; the value itself for all but the well-known. */
export function genericOf(
  typeName: string,
  json: unknown,
): { readonly value: unknown; readonly isMapped: boolean } | undefined {
  const known = TYPES.get(typeName);
  if (known === undefined) return { value: json, isMapped: false };
  const value = known.fields(json);
  return value === undefined ? undefined : { value, isMapped: true };
}

/** The JSON value of a message whose fields were read. */
export function jsonOf(typeName: string, fields: Readonly<Record<string, unknown>>): unknown {
  const known = TYPES.get(typeName);
  return known === undefined ? fields : known.json(fields);
}

function nanosOf(digits: string | undefined): number {
  return Number((digits ?? '').padEnd(9, '0'));
}

/** Nothing, or three, six or nine digits. */
function fraction(nanos: number): string {
  if (nanos === 0) return '';
  return `.${String(nanos)
    .padStart(9, '0')
    .replace(/(?:000){1,2}$/, '')}`;
}
