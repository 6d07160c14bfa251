import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { NODE_ADDRESS } from './addresses.ts';

/** Serves what pods have written to the API server, which serves it to others. It follows no log. */
export class PodLogs {
  readonly #server: Server;
  port = 0;

  /** `logOf`: the log's path by the pod's namespace and name; null: no such pod. */
  constructor(
    tls: { readonly cert: Buffer; readonly key: Buffer },
    logOf: (namespace: string, name: string) => string | null,
  ) {
    this.#server = createServer(tls, (request, response) => {
      const url = new URL(request.url ?? '/', 'https://node');
      const [, namespace = '', name = ''] = /^\/containerLogs\/([^/]+)\/([^/]+)\/[^/]+$/.exec(url.pathname) ?? [];
      const file = logOf(namespace, name);
      if (file === null) return response.writeHead(404).end(`no log of ${url.pathname}`);
      if (url.searchParams.get('follow') === 'true') return response.writeHead(501).end('logs are not followed here');
      return response.writeHead(200).end(part(textOf(file), url.searchParams));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, NODE_ADDRESS, resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function part(text: Buffer, asked: URLSearchParams): Buffer {
  const lines = asked.get('tailLines');
  const bytes = asked.get('limitBytes');
  const tail = lines === null ? text : Buffer.from(tailOf(text.toString(), Number(lines)));
  return bytes === null ? tail : tail.subarray(0, Number(bytes));
}

const tailOf = (text: string, lines: number): string =>
  text
    .split(/(?<=\n)/)
    .slice(-lines)
    .join('');

function textOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
