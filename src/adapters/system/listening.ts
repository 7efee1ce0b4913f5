import { connect } from 'node:net';

const PATIENCE_MS = 1000;

/** The port of `host:port`. */
export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

/** Whether something accepts connections at `host:port`. */
export function listens(address: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: address.slice(0, address.lastIndexOf(':')), port: portOf(address) });
    const end = (answer: boolean) => {
      socket.destroy();
      done(answer);
    };
    socket.setTimeout(PATIENCE_MS, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
