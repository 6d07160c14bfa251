import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { cannedOip } from '../support/canned-grpc.ts';
import { cannedHttp } from '../support/canned-http.ts';
import { loadcell } from '../support/loadcell.ts';

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
