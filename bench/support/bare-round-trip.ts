// What a small message there and back over loopback takes when nothing is done with it: two processes on the benches' cores, each
// asleep until the other's message comes, or neither ever. Run by itself it is one of the two: `echo` answers, a port is asked.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { GENERATOR_CORE, median, pinned, printed, server } from './pinned.ts';

const TRIPS = 5000;
/** Of them so many are not counted. */
const COLD = 1000;
const BYTES = 100;

export type Meanwhile = 'asleep' | 'awake';

/** The median, microseconds. `meanwhile`: what both do until the other's message comes. */
export async function bareRoundTripUs(meanwhile: Meanwhile): Promise<number> {
  const file = fileURLToPath(import.meta.url);
  const { port, stop } = await server(file, ['echo', meanwhile]);
  const told = await printed(pinned(GENERATOR_CORE, process.execPath, [file, String(port), meanwhile]));
  stop();
  return Number(told);
}

function echo(): void {
  const answer = Buffer.alloc(BYTES, 'x');
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write(answer));
  });
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
}

async function ask(port: number): Promise<void> {
  const message = Buffer.alloc(BYTES, 'x');
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  const us: number[] = [];
  let sentAt = performance.now();
  socket.on('data', () => {
    us.push(1000 * (performance.now() - sentAt));
    if (us.length === TRIPS) {
      console.log(median(us.slice(COLD)));
      process.exit();
    }
    sentAt = performance.now();
    socket.write(message);
  });
  socket.write(message);
}

function stayAwake(): void {
  setImmediate(stayAwake);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[3] === 'awake') stayAwake();
  if (process.argv[2] === 'echo') echo();
  else await ask(Number(process.argv[2]));
}
