import { request as httpRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import type { InstanceProbe } from './model.ts';

const HOST = '127.0.0.1';

/** One check of an instance; calls `done` once unless the returned function has cancelled it. */
export type Check = (port: number, probe: InstanceProbe, done: (passed: boolean) => void) => () => void;

/** Whether somebody listens. A refused connection fails at once; it does not wait for a time-out. */
export function connectCheck(port: number, _probe: InstanceProbe, done: (passed: boolean) => void): () => void {
  const socket = connect({ host: HOST, port, noDelay: true });
  socket.once('error', () => done(false));
  socket.once('connect', () => {
    // Connecting to a closed port of the ephemeral range can, rarely, meet itself.
    const toItself = socket.localPort === port;
    socket.destroy();
    done(!toItself);
  });
  return () =>
    socket
      .removeAllListeners()
      .on('error', () => undefined)
      .destroy();
}

/** Runs a check that may hang, for at most the probe's time-out. */
function bounded(
  probe: InstanceProbe,
  done: (passed: boolean) => void,
  begin: (settle: (passed: boolean) => void) => () => void,
): () => void {
  let settled = false;
  let release: (() => void) | undefined;
  const timer = setTimeout(() => settle(false), probe.timeoutMs);
  function settle(passed: boolean, silent = false): void {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    release?.();
    if (!silent) done(passed);
  }
  release = begin(settle);
  return () => settle(false, true);
}

const tcpCheck: Check = (port, probe, done) => bounded(probe, done, (settle) => connectCheck(port, probe, settle));

const httpCheck: Check = (port, probe, done) =>
  bounded(probe, done, (settle) => {
    const request = httpRequest({ host: HOST, port, path: probe.path ?? '/', agent: false }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      settle(status >= 200 && status < 400);
    });
    request.on('error', () => settle(false));
    request.end();
    return () => request.destroy();
  });

/** `grpc.health.v1.Health/Check` for the whole server; the answer must hold status 1 (SERVING). */
const grpcCheck: Check = (port, probe, done) =>
  bounded(probe, done, (settle) => {
    const session = connectHttp2(`http://${HOST}:${port}`);
    session.on('error', () => settle(false));
    const call = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    call.on('error', () => settle(false));
    call.on('data', (chunk: Buffer) => chunks.push(chunk));
    call.on('end', () => {
      // Five bytes of frame, then field 1 as a varint: 08 01.
      const message = Buffer.concat(chunks).subarray(5);
      settle(message[0] === 0x08 && message[1] === 0x01);
    });
    call.end(Buffer.alloc(5));
    return () => session.destroy();
  });

export const CHECKS: Readonly<Record<InstanceProbe['kind'], Check>> = {
  tcp: tcpCheck,
  http: httpCheck,
  grpc: grpcCheck,
};
