// Tells its own account of its start: epoch time of the process's start and of the answer, by the process's own clock.
import { createServer } from 'node:http';

const server = createServer((_request, response) => {
  const sinceStartMs = performance.now();
  response.setHeader('x-since-process-start-ms', sinceStartMs.toFixed(3));
  response.setHeader('content-type', 'application/json');
  response.end('{"status":"ok"}');
});
server.listen(Number(process.env.PORT ?? 8080), '0.0.0.0');
process.on('SIGTERM', () => process.exit(0));
