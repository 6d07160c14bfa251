import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { cannedOip } from '../support/canned-grpc.ts';
import { cannedHttp } from '../support/canned-http.ts';
import { loadcell } from '../support/loadcell.ts';
import { descendants } from '../support/process-tree.ts';

const TOKEN = 'Bearer 7f3a-not-for-any-file';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'loadcell-endpoint-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Every file below a folder. */
const filesBelow = (path: string): string[] =>
  readdirSync(path).flatMap((name) => {
    const file = join(path, name);
    return statSync(file).isDirectory() ? filesBelow(file) : [file];
  });

test('a campaign over an HTTP API and a gRPC model ends in a result that tells of both, and of no secret', async () => {
  const at = await folder();
  const http = await cannedHttp((request, response) => {
    request.resume();
    response.statusCode = request.headers.authorization === TOKEN ? 200 : 401;
    response.end('{"label":"cat"}');
  });
  onTestFinished(() => http.close());
  const grpc = await cannedOip(() => null);
  onTestFinished(() => grpc.close());
  await writeFile(
    join(at, 'campaign.yaml'),
    `name: endpoints
targets:
  api: { http: { url: "${http.url}/classify", method: POST, body: "{}", expect: { contains: label }, headers: { authorization: { secret: { env: ENDPOINT_TOKEN } } } } }
  model: { grpc: { address: "${grpc.address}", model: m, streams: 8 } }
scenarios: { load: { load: { rate: 50/s, for: 2s }, objectives: [errors < 50%] } }
warmup: 0s
`,
  );
  const run = await loadcell(['run', 'campaign.yaml', '--json'], at, { ENDPOINT_TOKEN: TOKEN }).ended;
  const { folder: result } = JSON.parse(run.stdout) as { readonly folder: string };
  const benchmarks = JSON.parse(readFileSync(join(result, 'benchmarks.json'), 'utf8'));
  const trials = benchmarks.cells.map(({ trials: [trial] }: { readonly trials: readonly unknown[] }) => trial);
  expect(trials).toHaveLength(2);
  for (const { accounting, latency } of trials) {
    expect(accounting).toMatchObject({ scheduled: 100, ok: 100 });
    expect(Object.keys(latency.parts)).toEqual(['connect', 'firstByte', 'receive']);
  }
  expect(benchmarks.targets.model.endpoint).toMatchObject({
    protocol: 'gRPC',
    server: { name: 'canned', version: '1.0' },
    model: { platform: 'canned', inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }] },
  });
  const drivers = benchmarks.instrument.calibration.map(({ driver }: { readonly driver: string }) => driver);
  expect(new Set(drivers)).toEqual(new Set(['http/1.1', 'grpc']));
  const told = filesBelow(join(at, 'results')).filter((file) => readFileSync(file).includes('7f3a-not-for-any-file'));
  expect(told).toEqual([]);
  expect(`${run.stdout}${run.stderr}`).not.toContain('7f3a-not-for-any-file');
}, 120_000);

test('two runs can be told to have sent the same secret or another one, and neither secret nor key is in a file or a process list', async () => {
  const [at, state] = [await folder(), await folder()];
  const http = await cannedHttp((request, response) => void request.resume().on('end', () => response.end('ok')));
  onTestFinished(() => http.close());
  await writeFile(
    join(at, 'campaign.yaml'),
    `name: secret
targets: { api: { http: { url: "${http.url}", connections: 1, headers: { authorization: { secret: { env: ENDPOINT_TOKEN } } } } } }
scenarios: { load: { load: { rate: 20/s, for: 1s } } }
objectives: []
warmup: 0s
`,
  );
  const listed = new Set<string>();
  const digestOf = async (token: string): Promise<string> => {
    const running = loadcell(['run', 'campaign.yaml', '--json'], at, { ENDPOINT_TOKEN: token, XDG_STATE_HOME: state });
    const watch = setInterval(() => {
      for (const { command } of descendants(running.pid)) listed.add(command);
    }, 100);
    const run = await running.ended.finally(() => clearInterval(watch));
    const { folder: result } = JSON.parse(run.stdout) as { readonly folder: string };
    const { targets } = JSON.parse(readFileSync(join(result, 'benchmarks.json'), 'utf8'));
    expect(`${run.stdout}${run.stderr}`).not.toContain(token);
    return targets.api.secrets['headers.authorization'];
  };
  // Short enough to be guessed, which is what the key is for.
  const [one, other] = ['Bearer-a7b', 'Bearer-c9d'];
  const [first, again, another] = [await digestOf(one), await digestOf(one), await digestOf(other)];
  expect(first).toMatch(/^hmac-sha256:[0-9a-f]{8}:[0-9a-f]{32}$/);
  expect(again).toBe(first);
  expect(another).not.toBe(first);
  expect(another.split(':')[1]).toBe(first.split(':')[1]);
  const key = readFileSync(join(state, 'loadcell', 'secret-key'));
  const forms = [one, other, key, key.toString('hex'), key.toString('base64'), key.toString('base64url')];
  const holders = filesBelow(join(at, 'results')).filter((file) => {
    const content = readFileSync(file);
    return forms.some((form) => content.includes(form));
  });
  expect(holders).toEqual([]);
  const told = [...listed].filter((command) => forms.some((form) => command.includes(form.toString())));
  expect([told, listed.size > 0]).toEqual([[], true]);
}, 180_000);

test('an endpoint that is not there ends the run before any load, with a sentence', async () => {
  const at = await folder();
  await writeFile(
    join(at, 'campaign.yaml'),
    'name: nobody\ntargets: { api: { http: { url: "http://127.0.0.1:1/" } } }\nscenarios: { load: { load: { rate: 150/s, for: 2s } } }\n',
  );
  const run = await loadcell(['run', 'campaign.yaml'], at).ended;
  expect(run.code).toBe(64);
  expect(`${run.stdout}${run.stderr}`).toContain(
    'http://127.0.0.1:1: the connection was refused; expected a server that listens there',
  );
}, 120_000);

test('a campaign over a stream of events tells when they came in its files, its report and its verdict', async () => {
  const at = await folder();
  const server = await cannedHttp((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': welcome\n\n');
    let sent = 0;
    const beat = setInterval(() => {
      response.write(`data: {"token":"${sent}"}\n\n`);
      if (++sent < 4) return;
      clearInterval(beat);
      response.end('data: [DONE]\n\n');
    }, 10);
  });
  onTestFinished(() => server.close());
  await writeFile(
    join(at, 'campaign.yaml'),
    `name: streams
targets:
  tokens: { http: { url: "${server.url}", method: POST, body: "{}", stream: sse, events: { done: "[DONE]", holding: token, atLeast: 4 } } }
scenarios: { load: { load: { rate: 60/s, for: 3s } } }
objectives: [firstEvent.p90 < 2s, firstEventService.p90 < 2s, betweenEvents.p90 < 1ms]
fleet: { agents: 2 }
warmup: 0s
`,
  );
  const run = await loadcell(['run', 'campaign.yaml', '--json'], at).ended;
  const { folder: result } = JSON.parse(run.stdout) as { readonly folder: string };
  const benchmarks = JSON.parse(readFileSync(join(result, 'benchmarks.json'), 'utf8'));
  const [trial] = benchmarks.cells[0].trials;
  expect(trial.accounting).toMatchObject({ scheduled: 180, ok: 180 });
  expect(trial.latency.firstEvent.count).toBe(180);
  expect(trial.latency.betweenEvents.count).toBe(3 * 180);
  expect(trial.latency.betweenEvents.p50.value).toBeGreaterThan(5);
  expect(trial.latency.firstEvent.p50.value).toBeGreaterThan(trial.latency.firstEventService.p50.value - 0.01);
  expect(trial.latency.firstEventService.p50.value).toBeLessThan(trial.latency.service.p50.value);
  expect(trial.rates.events).toBeCloseTo(240, 9);
  const verdicts = trial.objectives.map(({ indicator, verdict }: Record<string, string>) => [indicator, verdict]);
  expect(verdicts).toContainEqual(['betweenEvents.p90', 'fail']);
  expect(verdicts).toContainEqual(['firstEvent.p90', 'pass']);
  expect(run.code).toBe(10);
  const series = readFileSync(join(result, trial.series.path), 'utf8').trimEnd().split('\n');
  expect(series[0]).toMatch(/,firstEventP95,betweenEventsP95/);
  const place = series[0]?.split(',').indexOf('betweenEventsP95') ?? -1;
  expect(Number(series[1]?.split(',')[place])).toBeGreaterThan(5);
  for (const file of ['report.md', 'report.html']) {
    expect(readFileSync(join(result, file), 'utf8')).toMatch(/between events/);
  }
}, 120_000);
