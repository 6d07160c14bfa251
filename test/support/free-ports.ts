import { createServer } from 'node:net';

/** Ports that nobody listens on, below those that the system draws. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  const base = 18_000 + (process.pid % 5_000);
  for (let port = base; ports.length < count; port++) if (await isFree(port)) ports.push(port);
  return ports;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
