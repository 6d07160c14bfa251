import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The configuration that is committed for users. */
export const CONFIGURATION = fileURLToPath(new URL('../../monitoring/prometheus.yml', import.meta.url));

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Asks until the answer holds; what is asked may not be there yet. */
export async function until<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  const endMs = performance.now() + 60_000;
  let fault = '';
  for (;;) {
    const answer = await ask().catch((error: unknown) => {
      fault = String(error);
      return null;
    });
    if (answer !== null && holds(answer)) return answer;
    if (performance.now() > endMs)
      throw new Error(`no answer that holds: ${JSON.stringify(answer)?.slice(0, 500)} ${fault}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A page in Prometheus' text format, as it is fetched. */
export const textOf = async (url: string): Promise<string> => (await fetch(url)).text();

/** What promtool says of a page of metrics. */
export const promtoolCheck = (page: string): SpawnSyncReturns<string> =>
  spawnSync('promtool', ['check', 'metrics'], { input: page, encoding: 'utf8' });

export interface Prometheus {
  /** The value of an expression that has just one series, once there is one. */
  ask(expression: string): Promise<number>;
  close(): void;
}

/** A real Prometheus, configured as committed but for the target; `flags`: further ones of its own. */
export async function startPrometheus(target: number, flags: readonly string[] = []): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-prometheus-'));
  const configuration = readFileSync(CONFIGURATION, 'utf8').replaceAll('127.0.0.1:9464', `127.0.0.1:${target}`);
  writeFileSync(join(folder, 'prometheus.yml'), configuration);
  const own = await freePort();
  const server = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${own}`,
      ...flags,
    ],
    { stdio: 'ignore' },
  );
  const close = (): void => {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  await until(
    () => textOf(`http://127.0.0.1:${own}/-/ready`),
    (text) => text.includes('Ready'),
  ).catch((error: unknown) => {
    close();
    throw error;
  });
  return { ask: (expression) => ask(own, expression), close };
}

async function ask(port: number, expression: string): Promise<number> {
  type Answer = { readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] } };
  const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const { data } = await until(
    async () => (await (await fetch(url)).json()) as Answer,
    ({ data: { result } }) => result.length > 0,
  );
  const [only] = data.result;
  if (only === undefined || data.result.length !== 1) throw new Error(`${expression}: ${JSON.stringify(data.result)}`);
  return Number(only.value[1]);
}
