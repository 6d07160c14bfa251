// What an agent loads before it offers load: eight of them start on two cores, and each module is paid for by each.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startCampaign } from '../support/loadcell.ts';

const RECORDER = fileURLToPath(new URL('../support/record-loads.mjs', import.meta.url));

const CAMPAIGN = `
name: loads
targets: { nothing: { null: {} } }
scenarios: { load: { load: { rate: 100/s, for: 1s } } }
objectives: []
fleet: { agents: 1, workers: 1, pacing: lowCpu }
telemetry: { gpu: off }
warmup: 0s
`;

test('an agent of a target in process loads no client, no engine, no k6 and no parser of campaigns', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-loads-'));
  // A calibration loads more, once a day.
  const { code: before, stderr: told } = await startCampaign(CAMPAIGN).ended;
  expect([0, 13], told).toContain(before);
  const { code, stderr } = await startCampaign(CAMPAIGN, [], {
    NODE_OPTIONS: `--import=${RECORDER}`,
    RECORDED_LOADS: folder,
  }).ended;
  expect([0, 13], stderr).toContain(code);
  const loads = readdirSync(folder)
    .filter((name) => !/^(loadcell|coordinator)/u.test(name))
    .map((name) => ({ name, urls: readFileSync(join(folder, name), 'utf8').split('\n') }));
  rmSync(folder, { recursive: true });
  // An agent and its streams, a runner and its worker; the next runner may have begun.
  expect(loads.length).toBeGreaterThanOrEqual(4);
  const unwanted =
    /node_modules\/(zod|commander|yaml|fastify|koffi|onnxruntime-node|prom-client|@kubernetes|@peculiar|fast-xml-parser)\/|src\/(agent\/k6\/(?!extra|secrets|program)|cli|coordinator|engines|endpoint\/(?!endpoint-spec)|oip|report)\/|src\/(models\/inspect|targets\/endpoint\/(?!secret))/u;
  for (const { name, urls } of loads) {
    expect(
      urls.filter((url) => unwanted.test(url)),
      name,
    ).toEqual([]);
    expect(new Set(urls).size, name).toBeLessThan(200);
  }
}, 120_000);
