import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { networkBetween } from '../../src/agent/runner/network-between.ts';
import type { HttpSpec } from '../../src/campaign/endpoint-spec.ts';
import type { ViaSpec } from '../../src/campaign/via-spec.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { milliseconds, seconds } from '../../src/time/ns.ts';
import { cannedHttp } from '../support/canned-http.ts';
import { certificates } from '../support/certificates.ts';
import { plainHttp } from '../support/endpoint-spec.ts';
import { benchmarksOf, resultsOf, runCampaign, startCampaign } from '../support/loadcell.ts';
import { isAlive } from '../support/process-alive.ts';
import { descendants } from '../support/process-tree.ts';
import { serve } from '../support/served-trial.ts';
import { testWith } from '../support/tools.ts';
import { openLoad, phase, trialSpec } from '../support/trial-spec.ts';

const DELAY_MS = 10;
const DELAYED: ViaSpec = { delayNs: milliseconds(DELAY_MS), jitterNs: milliseconds(0), bandwidth: null };
const load = phase('load', 0, 1, openLoad(40, 1));

/** A network in front of a target, and the target as it is reached through it. */
async function through(target: HttpSpec, via: ViaSpec) {
  const spec = trialSpec({ phases: [load], target: { ...target, via }, timeoutNs: seconds(5) });
  const between = await networkBetween(spec.target, spec);
  if (between === null) throw new Error('no network was put in between');
  onTestFinished(() => between.end());
  return { between, spec: { ...spec, target: between.target } };
}

/** A raw connection through a network, to a server that does as it is told with its own. */
async function connected(via: ViaSpec, far: (socket: Socket) => void): Promise<Socket> {
  const server = createServer({ allowHalfOpen: true }, far);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { between } = await through(plainHttp(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), via);
  const socket = connect({ ...(between.target.dialAt ?? { port: 0 }), allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

test('requests and answers take the delay each way, new connections a round trip more, and none is lost', async () => {
  const server = await cannedHttp((request, response) => {
    request.resume();
    response.end('ok');
  });
  onTestFinished(() => server.close());
  const kept = await through(plainHttp(server.url), DELAYED);
  expect(kept.between.facts.samples).toBeGreaterThanOrEqual(64);
  for (const way of [kept.between.facts.up, kept.between.facts.down]) {
    expect(way.p50Ms).toBeGreaterThanOrEqual(DELAY_MS);
    expect(way.p99Ms).toBeGreaterThanOrEqual(way.p50Ms);
  }
  const [phaseKept] = (await serve(kept.spec)).phases;
  expect(phaseKept?.tally.outcomes[Outcome.ok]).toBe(40);
  expect(phaseKept?.tally.service.quantileNs(0.01)).toBeGreaterThanOrEqual(2 * DELAY_MS * 1e6);
  const fresh = await through(plainHttp(server.url, { reuse: 'never' }), DELAYED);
  const [phaseFresh] = (await serve(fresh.spec)).phases;
  expect(phaseFresh?.tally.outcomes[Outcome.ok]).toBe(40);
  expect(phaseFresh?.tally.service.quantileNs(0.01)).toBeGreaterThanOrEqual(4 * DELAY_MS * 1e6);
}, 60_000);

test('a bandwidth is what comes through, whatever the number of connections', async () => {
  const body = 'x'.repeat(20_000);
  const server = await cannedHttp((request, response) => {
    request.resume();
    response.end(body);
  });
  onTestFinished(() => server.close());
  // 40 answers a second of 20 kB are 6.4 Mbit/s: through 3.2 the last waits for as long again as the load lasts.
  const { between, spec } = await through(plainHttp(server.url, { connections: 16 }), {
    delayNs: milliseconds(0),
    jitterNs: milliseconds(0),
    bandwidth: 3.2e6,
  });
  for (const way of [between.facts.up, between.facts.down]) {
    expect(way.bitsPerSecond / 3.2e6).toBeLessThan(1.1);
    expect(way.bitsPerSecond / 3.2e6).toBeGreaterThan(0.5);
  }
  const [served] = (await serve(spec)).phases;
  expect(served?.tally.outcomes[Outcome.ok]).toBe(40);
  expect(served?.tally.response.maxNs).toBeGreaterThan(0.9e9);
}, 60_000);

testWith(
  'openssl',
  'TLS passes through, and the certificate is still held to the endpoint’s own name',
  async () => {
    const made = certificates();
    onTestFinished(() => made.remove());
    const served = async ({ cert, key }: typeof made.valid): Promise<string> => {
      const server = createSecureServer({ cert, key, allowHTTP1: true }, (_, response) => response.end('ok'));
      server.on('sessionError', () => {});
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      onTestFinished(() => void server.close());
      return `https://localhost:${(server.address() as AddressInfo).port}/`;
    };
    const tls = { ca: made.ca, certificate: null, key: null, serverName: null };
    const good = await served(made.valid);
    for (const version of ['1.1', '2'] as const) {
      const { spec } = await through(plainHttp(good, { tls, version, streams: version === '2' ? 4 : 1 }), DELAYED);
      const [phaseServed] = (await serve(spec)).phases;
      expect(phaseServed?.tally.outcomes[Outcome.ok], version).toBe(40);
      expect(phaseServed?.tally.service.quantileNs(0.01)).toBeGreaterThanOrEqual(2 * DELAY_MS * 1e6);
      const wrong = await through(plainHttp(await served(made.otherName), { tls, version }), DELAYED);
      await expect(serve(wrong.spec), version).rejects.toThrow('its certificate is for another name');
    }
  },
  120_000,
);

test('what is sent before the end of a connection arrives before it, in both directions', async () => {
  const socket = await connected(DELAYED, (far) => {
    const chunks: Buffer[] = [];
    far.on('data', (chunk: Buffer) => chunks.push(chunk));
    far.on('end', () => far.end(Buffer.concat(chunks)));
  });
  const sent = Buffer.alloc(3_000_000, 'abcdefg');
  socket.end(sent);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).equals(sent)).toBe(true);
}, 60_000);

test('a reset at the far end is a reset at the near one', async () => {
  const socket = await connected(DELAYED, (far) => far.once('data', () => far.resetAndDestroy()));
  socket.write('x');
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNRESET');
}, 60_000);

const CAMPAIGN = `name: through
targets:
  http: { serve: { model: tiny-mlp, connections: 4, via: { delay: 10ms, jitter: 2ms, bandwidth: 100Mbit } } }
  grpc: { serve: { model: tiny-mlp, protocol: grpc, connections: 1, via: { delay: 10ms } } }
scenarios: { load: { load: { rate: 20/s, for: 3s } } }
objectives: []
fleet: { pacing: lowCpu }
warmup: 1s
seed: 3
`;

test('a campaign measures HTTP and gRPC through a network, and its results bear the label everywhere', async () => {
  const { code, stdout, stderr, folder } = await runCampaign(CAMPAIGN, ['--quiet']);
  expect([0, 13], stderr).toContain(code);
  const labels = ['10ms ± 2ms each way, 100Mbit/s', '10ms each way'];
  const { cells } = benchmarksOf(folder);
  expect(cells.map(({ network }) => network?.label)).toEqual(labels);
  for (const { trials } of cells) {
    expect([trials[0]?.accounting.scheduled, trials[0]?.accounting.ok]).toEqual([60, 60]);
    expect(trials[0]?.latency.service.p50.value).toBeGreaterThan(18);
    expect(trials[0]?.perAgent[0]?.network?.up.p50Ms).toBeGreaterThan(9);
    // Warm-up and load: 80 requests and as many answers.
    expect(trials[0]?.perAgent[0]?.network?.released).toBeGreaterThanOrEqual(160);
  }
  const reports = ['report.md', 'report.html'].map((name) => readFileSync(join(resultsOf(folder), name), 'utf8'));
  for (const label of labels) {
    for (const text of [stdout.replaceAll(/\s+/gu, ' '), ...reports]) expect(text).toContain(`a network of ${label}`);
  }
}, 120_000);

test('a network that is killed makes its trial invalid, and an interrupted run leaves none behind', async () => {
  const long = CAMPAIGN.replace('for: 3s', 'for: 60s').replace(/ {2}grpc.*\n/u, '');
  const running = startCampaign(long);
  const networks = () => descendants(running.pid).filter(({ command }) => command.includes('network/main'));
  await running.saw(/load: offered/u);
  await expect.poll(() => networks().length, { timeout: 60_000, interval: 200 }).toBe(1);
  const family = descendants(running.pid).map(({ pid }) => pid);
  process.kill(networks()[0]?.pid ?? 0, 'SIGKILL');
  const { code, stdout, stderr } = await running.ended;
  expect(code, stderr).toBe(13);
  expect(stdout.replaceAll(/\s+/gu, ' ')).toContain('via: the network between was ended by SIGKILL');
  await expect.poll(() => family.filter(isAlive), { timeout: 5_000 }).toEqual([]);
  const other = startCampaign(long);
  const others = () => descendants(other.pid).filter(({ command }) => command.includes('network/main'));
  await expect.poll(() => others().length, { timeout: 60_000, interval: 200 }).toBe(1);
  const all = descendants(other.pid).map(({ pid }) => pid);
  other.process.kill('SIGINT');
  expect((await other.ended).code).toBe(130);
  await expect.poll(() => all.filter(isAlive), { timeout: 2_000 }).toEqual([]);
}, 180_000);

test('an endpoint that is not there is told before any load, behind a network too', async () => {
  const nobody = CAMPAIGN.replace(
    /targets:[\s\S]*scenarios/u,
    'targets: { t: { http: { url: "http://127.0.0.1:9/", via: { delay: 1ms } } } }\nscenarios',
  );
  const { code, stdout, stderr } = await runCampaign(nobody, ['--quiet']);
  expect(code).toBe(64);
  expect(`${stdout}${stderr}`.replaceAll(/\s+/gu, ' ')).toContain(
    'behind the network of via the endpoint cannot be reached (ECONNREFUSED)',
  );
}, 90_000);
