/** Bytes of unknown origin, read as text and, where it is, as JSON. */
export interface Content {
  readonly text: string;
  /** Undefined: not JSON (JSON in anything but UTF-8 is none). */
  readonly json?: { readonly value: unknown };
}

export function readContent(bytes: Uint8Array): Content {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    try {
      return { text, json: { value: JSON.parse(text) } };
    } catch {
      return { text };
    }
  } catch {
    return { text: Buffer.from(bytes).toString('latin1') };
  }
}

/** Whether a text appears in the content, as it stands or inside any JSON text or key, however it is escaped. */
export function mentions(content: Content, text: string): boolean {
  return content.text.includes(text) || (content.json !== undefined && holds(content.json.value, text));
}

function holds(value: unknown, text: string): boolean {
  if (typeof value === 'string') return value.includes(text);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, member]) => key.includes(text) || holds(member, text));
}
