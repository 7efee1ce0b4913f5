import { EnvHttpProxyAgent, request } from 'undici';

export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  /** The header, as it came. */
  readonly retryAfter?: string;
  /** The beginning of the body of an answer other than 2xx. */
  readonly text: string;
}

/** Sends once, follows no redirect, and rejects when there is no answer in time or the signal ends it. */
export type Post = (url: string, message: Message, timeoutMs: number, signal: AbortSignal) => Promise<Answer>;

const READ_BYTES = 200;
/** No proxy reaches them. */
const OWN_HOSTS = '127.0.0.1,localhost';

/** Through the proxy that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`), if any. */
export const post: Post = async (url, { headers, body }, timeoutMs, signal) => {
  const others = process.env.no_proxy ?? process.env.NO_PROXY ?? '';
  // One agent a message: there are few, minutes apart, and nothing is left open between them.
  const dispatcher = new EnvHttpProxyAgent({ noProxy: `${others},${OWN_HOSTS}` });
  try {
    const answer = await request(url, {
      method: 'POST',
      headers,
      body,
      dispatcher,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      // One deadline for the whole; undici's own restart with every byte.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const retryAfter = [answer.headers['retry-after']].flat()[0];
    return {
      status: answer.statusCode,
      ...(retryAfter === undefined ? {} : { retryAfter }),
      text: await beginning(answer.body, answer.statusCode),
    };
  } finally {
    void dispatcher.destroy().catch(() => undefined);
  }
};

type Body = Awaited<ReturnType<typeof request>>['body'];

/** The answer counts once its status is there: a body that breaks off or never ends changes nothing. */
async function beginning(body: Body, status: number): Promise<string> {
  body.on('error', () => undefined);
  const chunks: Buffer[] = [];
  try {
    if (status < 200 || status > 299) {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        if (chunks.reduce((bytes, { length }) => bytes + length, 0) >= READ_BYTES) break;
      }
    }
  } catch {
    // What came until then is enough.
  }
  body.destroy();
  return Buffer.concat(chunks).subarray(0, READ_BYTES).toString('utf8');
}
