import { createServer } from 'node:net';

/** Ports that a process of tests tries before it comes upon those of another one. */
const OF_A_PROCESS = 25;
let next = 18_000 + (process.pid % 200) * OF_A_PROCESS;

/**
 * Ports that nobody listens on, below those that the system draws, and none twice: whoever is told of one takes it some
 * time later, while other tests look for theirs.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = next++;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
