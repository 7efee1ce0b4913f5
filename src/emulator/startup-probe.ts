import { request as httpRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import type { StartupProbe } from './model.ts';

export type StartupOutcome = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/** Between two connection attempts: the resolution of every cold start that is measured here. */
const CONNECT_INTERVAL_MS = 1;
const HOST = '127.0.0.1';

/** One check; calls `done` once unless the returned function has cancelled it. */
type Check = (port: number, probe: StartupProbe, done: (passed: boolean) => void) => () => void;

/**
 * Watches an instance until its start-up probe passes or has failed; calls `done` once, synchronously from the event
 * that decided it. Returns a function that cancels it without calling `done`.
 */
export function watchStartup(
  port: number,
  probe: StartupProbe,
  limitMs: number,
  done: (outcome: StartupOutcome) => void,
): () => void {
  // The platform's own default probe (timeout = period) tries all the time; a probe that someone configured has
  // timeout < period and checks once per period, as Cloud Run does.
  const continuous = probe.kind === 'tcp' && probe.timeoutMs >= probe.periodMs;
  const check = continuous ? connectCheck : CHECKS[probe.kind];
  let failures = 0;
  let cancelCheck: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;

  function cancel(): void {
    clearTimeout(limit);
    clearTimeout(timer);
    cancelCheck?.();
  }
  function finish(outcome: StartupOutcome): void {
    cancel();
    done(outcome);
  }
  function attempt(): void {
    const nextAtMs = performance.now() + probe.periodMs;
    cancelCheck = check(port, probe, (passed) => {
      if (passed) return finish({ ready: true });
      if (continuous) {
        timer = setTimeout(attempt, CONNECT_INTERVAL_MS);
        return;
      }
      failures += 1;
      if (failures >= probe.failureThreshold) {
        return finish({ ready: false, reason: `the ${probe.kind} start-up probe failed ${failures} times on ${port}` });
      }
      timer = setTimeout(attempt, Math.max(0, nextAtMs - performance.now()));
    });
  }

  const limit = setTimeout(() => {
    const reason =
      probe.kind === 'tcp'
        ? `did not listen on port ${port} within ${limitMs} ms`
        : `the ${probe.kind} start-up probe on port ${port} did not pass within ${limitMs} ms`;
    finish({ ready: false, reason });
  }, limitMs);
  if (probe.initialDelayMs > 0) timer = setTimeout(attempt, probe.initialDelayMs);
  else attempt();
  return cancel;
}

function connectCheck(port: number, _probe: StartupProbe, done: (passed: boolean) => void): () => void {
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
  probe: StartupProbe,
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

const CHECKS: Readonly<Record<StartupProbe['kind'], Check>> = { tcp: tcpCheck, http: httpCheck, grpc: grpcCheck };
