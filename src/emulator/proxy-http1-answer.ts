import type { FlatHeaders } from './proxy-headers.ts';

export interface AnswerHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: FlatHeaders;
}

/** What a parser finds, in order; `ended` says whether the connection may be used again. */
export interface AnswerEvents {
  head(head: AnswerHead): void;
  data(chunk: Buffer): void;
  ended(trailers: FlatHeaders, reusable: boolean): void;
}

export interface AnswerParser {
  /** Throws when it is not an HTTP/1.x answer. Bytes after the end make the connection unusable, not the answer. */
  feed(chunk: Buffer): void;
  /** The connection was closed by the instance. False when the answer is incomplete. */
  close(): boolean;
}

const MAX_HEAD_BYTES = 65_536;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/;
/** Only visible characters, blanks and obs-text in values; names are tokens; no folded lines. */
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const CHUNK_SIZE = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i;
const EMPTY: Buffer = Buffer.alloc(0);

type State = 'head' | 'length' | 'until-close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'over';

/**
 * Reads one answer to a request of `method`. Node's own client would do, but costs more than the rest of the proxy
 * together; this one serves a single purpose, and passes on exactly what came.
 */
export function createAnswerParser(method: string, events: AnswerEvents): AnswerParser {
  let state: State = 'head';
  let rest = EMPTY;
  let remaining = 0;
  let keepAlive = false;
  let trailers: string[] = [];

  function finish(reusable: boolean): void {
    state = 'over';
    events.ended(trailers, reusable && keepAlive && rest.length === 0);
  }

  /** The next line without its end, or undefined when it has not come completely. */
  function takeLine(): string | undefined {
    const end = rest.indexOf('\n');
    if (end < 0) {
      if (rest.length > MAX_HEAD_BYTES) throw new Error('a line of the answer is too long');
      return undefined;
    }
    const line = rest.toString('latin1', 0, end > 0 && rest[end - 1] === 13 ? end - 1 : end);
    rest = rest.subarray(end + 1);
    return line;
  }

  function takeHead(): boolean {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) {
      if (rest.length > MAX_HEAD_BYTES) throw new Error('the head of the answer is too long');
      if (rest.length >= 5 && rest.toString('latin1', 0, 5) !== 'HTTP/') throw new Error('the answer is not HTTP');
      return false;
    }
    const [first = '', ...lines] = rest.toString('latin1', 0, end).split('\r\n');
    rest = rest.subarray(end + 4);
    const status = STATUS_LINE.exec(first);
    if (status === null) throw new Error('the answer does not begin with a status line');
    const code = Number(status[2]);
    if (code === 101) throw new Error('the instance switches protocols without being asked to');
    const headers = parseHeaders(lines);
    // 100 and 103 come before the answer.
    if (code < 200) return true;
    begin(code, status[1] === '1', status[3] ?? '', headers);
    return true;
  }

  function begin(status: number, isHttp11: boolean, statusText: string, headers: string[]): void {
    const framing = framingOf(headers);
    keepAlive = isHttp11 && !framing.close;
    const bodyless = method === 'HEAD' || status === 204 || status === 304;
    events.head({ status, statusText, headers: framing.chunked ? without(headers, 'content-length') : headers });
    if (bodyless) finish(true);
    else if (framing.chunked) state = 'chunk-size';
    else if (framing.length === undefined) state = 'until-close';
    else if (framing.length === 0) finish(true);
    else {
      remaining = framing.length;
      state = 'length';
    }
  }

  /** Passes on what belongs to the body; true when the expected bytes are complete. */
  function takeData(): boolean {
    const part = rest.length <= remaining ? rest : rest.subarray(0, remaining);
    rest = part.length === rest.length ? EMPTY : rest.subarray(remaining);
    remaining -= part.length;
    if (part.length > 0) events.data(part);
    return remaining === 0;
  }

  /** One step; false when more bytes are needed. */
  function step(): boolean {
    switch (state) {
      case 'head':
        return takeHead();
      case 'length':
        if (!takeData()) return false;
        finish(true);
        return true;
      case 'until-close':
        remaining = Number.POSITIVE_INFINITY;
        takeData();
        return false;
      case 'chunk-size': {
        const line = takeLine();
        if (line === undefined) return false;
        const size = CHUNK_SIZE.exec(line);
        if (size === null) throw new Error('a chunk of the answer has no size');
        remaining = Number.parseInt(size[1] ?? '', 16);
        state = remaining === 0 ? 'trailers' : 'chunk';
        return true;
      }
      case 'chunk':
        if (!takeData()) return false;
        state = 'chunk-end';
        return true;
      case 'chunk-end': {
        const line = takeLine();
        if (line === undefined) return false;
        if (line !== '') throw new Error('a chunk of the answer is longer than its size');
        state = 'chunk-size';
        return true;
      }
      case 'trailers': {
        const line = takeLine();
        if (line === undefined) return false;
        if (line === '') finish(true);
        else trailers = [...trailers, ...parseHeaders([line])];
        return true;
      }
      case 'over':
        return false;
    }
  }

  return {
    feed(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length > 0 && step());
    },
    close() {
      if (state === 'until-close') finish(false);
      return state === 'over';
    },
  };
}

function parseHeaders(lines: readonly string[]): string[] {
  const headers: string[] = [];
  for (const line of lines) {
    const header = HEADER_LINE.exec(line);
    if (header === null) throw new Error('a header line of the answer is malformed');
    headers.push(header[1] ?? '', header[2] ?? '');
  }
  return headers;
}

function framingOf(headers: FlatHeaders): { chunked: boolean; close: boolean; length: number | undefined } {
  let chunked = false;
  let close = false;
  let length: number | undefined;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]?.toLowerCase();
    const value = headers[i + 1] ?? '';
    if (name === 'connection') close ||= /\bclose\b/i.test(value);
    else if (name === 'transfer-encoding') {
      if (value.toLowerCase() !== 'chunked') throw new Error('the answer has an unknown transfer encoding');
      chunked = true;
    } else if (name === 'content-length') {
      if (!/^\d{1,15}$/.test(value)) throw new Error('the answer has a malformed length');
      if (length !== undefined && length !== Number(value)) throw new Error('the answer has two lengths');
      length = Number(value);
    }
  }
  return { chunked, close, length };
}

function without(headers: FlatHeaders, dropped: string): FlatHeaders {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() !== dropped) kept.push(headers[i] ?? '', headers[i + 1] ?? '');
  }
  return kept;
}
