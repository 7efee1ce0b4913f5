import { isUtf8 } from 'node:buffer';
import fastify from 'fastify';
import { publisher } from './publish.js';
import { signatureCheck } from './signature.js';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

const isSigned = orExit(() => signatureCheck(process.env.DISCORD_PUBLIC_KEY));
const publish = await publisher(process.env);

const app = fastify({ logger: false, bodyLimit: MAX_BODY_BYTES, keepAliveTimeout: 650_000 });

// The signature covers the raw bytes, so nothing may parse the body before it was checked, whatever its content type.
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

app.get('/health', async () => ({ status: 'ok' }));
app.get('/_benchmark/ready', async () => ({ status: 'ready' }));
app.post('/interactions', interaction);
app.post('/', interaction);
app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not found' }));
app.setErrorHandler((error, request, reply) => {
  const status = error.statusCode ?? 500;
  if (status >= 500) console.error(`${request.method} failed: ${error.message}`);
  return reply.code(status).send({ error: status >= 500 ? 'internal error' : 'bad request' });
});

async function interaction(request, reply) {
  const body = request.body ?? Buffer.alloc(0);
  const { 'x-signature-ed25519': signature, 'x-signature-timestamp': timestamp } = request.headers;
  if (!isSigned(signature, timestamp, body)) return reply.code(401).send({ error: 'invalid request signature' });
  const received = parsed(body);
  if (received === null || typeof received !== 'object') {
    return reply.code(400).send({ error: 'the body must be a JSON object' });
  }
  if (received.type === 1) return { type: 1 };
  if (received.type !== 2) return reply.code(400).send({ error: 'unsupported interaction type' });
  await publish(received);
  return { type: 5 };
}

function parsed(body) {
  try {
    return isUtf8(body) ? JSON.parse(body.toString()) : null;
  } catch {
    return null;
  }
}

function orExit(start) {
  try {
    return start();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}

process.once('SIGTERM', () => app.close().then(() => process.exit(0)));
await app.listen({ port: Number(process.env.PORT ?? 8080), host: '0.0.0.0' });
