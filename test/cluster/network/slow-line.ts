/**
 * A TCP line whose bytes take their time, whichever way they go:
 * `node slow-line.ts <listen host:port> <to host:port> <milliseconds>`. Says `listening` once it does.
 */
import { connect, createServer, type Socket } from 'node:net';

const [listen = '', to = '', delayMs = ''] = process.argv.slice(2);

const address = (text: string): { readonly host: string; readonly port: number } => {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
};

/** Timers of one length fire in the order in which they were set: bytes stay in theirs. */
function pass(from: Socket, into: Socket): void {
  from.on('data', (bytes) => setTimeout(() => into.write(bytes), Number(delayMs)));
  from.on('end', () => setTimeout(() => into.end(), Number(delayMs)));
  from.on('error', () => into.destroy());
  from.on('close', () => setTimeout(() => into.destroy(), Number(delayMs)));
}

createServer({ allowHalfOpen: true }, (near) => {
  const far = connect({ ...address(to), noDelay: true, allowHalfOpen: true });
  near.setNoDelay(true);
  pass(near, far);
  pass(far, near);
}).listen(address(listen), () => process.stdout.write('listening\n'));
