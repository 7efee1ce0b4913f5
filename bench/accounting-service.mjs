// Keeps its own account of its start: from the process's start to its first answer, written, by the process's own clock.
import { createServer } from 'node:http';

let firstAnswerMs;
const server = createServer((_request, response) => {
  response.on('finish', () => {
    firstAnswerMs ??= performance.now();
  });
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ firstAnswerMs }));
});
server.listen(Number(process.env.PORT ?? 8080), '0.0.0.0');
process.on('SIGTERM', () => process.exit(0));
