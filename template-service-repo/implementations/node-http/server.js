import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { publisher } from './publish.js';
import { signatureCheck } from './signature.js';

const MAX_BODY_BYTES = 4 * 1024 * 1024;
const PONG = JSON.stringify({ type: 1 });
const DEFERRED = JSON.stringify({ type: 5 });
const INSTANCE = randomUUID();

const isSigned = orExit(() => signatureCheck(process.env.DISCORD_PUBLIC_KEY));
const publish = await publisher(process.env);

const ROUTES = {
  '/health': { GET: async () => [200, '{"status":"ok"}'] },
  '/_benchmark/ready': { GET: async () => [200, '{"status":"ready"}', processMarker()] },
  '/interactions': { POST: interaction },
  '/': { POST: interaction },
};

const server = createServer(async (request, response) => {
  const [status, body, more = {}] = await answer(request).catch((error) => {
    console.error(`${request.method} failed: ${error.message}`);
    return refusal(500, 'internal error');
  });
  const length = Buffer.byteLength(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': length, ...more });
  response.end(body);
});

async function answer(request) {
  const methods = ROUTES[request.url.split('?', 1)[0]];
  if (methods === undefined) return refusal(404, 'not found');
  const route = methods[request.method];
  return route === undefined ? refusal(405, 'method not allowed') : route(request);
}

async function interaction(request) {
  const body = await bodyOf(request);
  if (body === undefined) return refusal(413, 'body too large');
  const { 'x-signature-ed25519': signature, 'x-signature-timestamp': timestamp } = request.headers;
  if (!isSigned(signature, timestamp, body)) return refusal(401, 'invalid request signature');
  const received = parsed(body);
  if (received === null || typeof received !== 'object') return refusal(400, 'the body must be a JSON object');
  if (received.type === 1) return [200, PONG];
  if (received.type !== 2) return refusal(400, 'unsupported interaction type');
  await publish(received);
  return [200, DEFERRED];
}

/** All bytes, or undefined when there are too many; those are read to the end, so that the answer arrives. */
async function bodyOf(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return length > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
}

function parsed(body) {
  try {
    return isUtf8(body) ? JSON.parse(body.toString()) : null;
  } catch {
    return null;
  }
}

/** Optional by the contract: proves a cold start where the platform's log is late. */
function processMarker() {
  return { 'x-perf-instance': INSTANCE, 'x-perf-uptime-ms': performance.now().toFixed(1) };
}

function refusal(status, error) {
  return [status, JSON.stringify({ error })];
}

function orExit(start) {
  try {
    return start();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}

// The platform's front end keeps connections open; closing one just as it is reused would lose a request.
server.keepAliveTimeout = 650_000;
server.listen(Number(process.env.PORT ?? 8080), '0.0.0.0');
process.once('SIGTERM', () => {
  console.log(JSON.stringify({ perf: 'sigterm', uptimeMs: Math.round(performance.now()) }));
  server.close(() => process.exit(0));
});
