import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { PROTOBUF_TYPE, prefersProtobuf, protobufPage } from './exposition.ts';

export interface MetricsServer {
  readonly port: number;
  close(): void;
}

/**
 * Serves `/metrics` in Prometheus' text format, or in protobuf with native histograms to whoever would rather have that.
 * Rejects where the address is not to be had.
 */
export function serveMetrics(
  registry: Registry,
  listen: { readonly host: string; readonly port: number },
): Promise<MetricsServer> {
  const server: Server = createServer((request, response) => {
    if (request.method !== 'GET' || !/^\/metrics(\?|$)/.test(request.url ?? '')) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('found another path, expected /metrics\n');
      return;
    }
    pageOf(registry, request.headers.accept).then(
      ({ type, body }) => response.writeHead(200, { 'content-type': type, vary: 'accept' }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.host, () => {
      server.unref();
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () => {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
}

async function pageOf(
  registry: Registry,
  accept: string | undefined,
): Promise<{ readonly type: string; readonly body: string | Uint8Array }> {
  return prefersProtobuf(accept)
    ? { type: PROTOBUF_TYPE, body: await protobufPage(registry) }
    : { type: registry.contentType, body: await registry.metrics() };
}
