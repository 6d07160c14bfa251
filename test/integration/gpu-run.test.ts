import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect } from 'vitest';
import { benchmarksSchema } from '../../src/report/benchmarks-schema.ts';
import { benchmarksOf, freshFolder, loadcell, resultsOf } from '../support/loadcell.ts';
import { NvmlStub } from '../support/nvml-stub.ts';
import { testWith } from '../support/tools.ts';

const campaign = (more = '', seconds = 5): string => `
name: watched
targets: { sleeper: { sleep: { constant: 2ms } } }
scenarios: { load: { load: { rate: 100/s, for: ${seconds}s } } }
objectives: [errors < 20%]
fleet: { agents: 2, workers: 1, pacing: lowCpu }
warmup: 3s
seed: 5
${more}`;

const stubs: NvmlStub[] = [];
afterEach(() => {
  for (const stub of stubs.splice(0)) stub.remove();
});

function stubbed(...kind: ConstructorParameters<typeof NvmlStub>): NvmlStub {
  const stub = new NvmlStub(...kind);
  stubs.push(stub);
  return stub;
}

/** Starts a run of a campaign with the stub in place of a driver. */
function started(text: string, stub: NvmlStub) {
  const folder = freshFolder();
  writeFileSync(join(folder, 'campaign.yaml'), text);
  return loadcell(['run', 'campaign.yaml'], folder, stub.env);
}

const codesOf = (folder: string) => {
  const { reasons, cautions } = benchmarksOf(folder).verdict;
  return { reasons: reasons.map(({ code }) => code), cautions: cautions.map(({ code }) => code) };
};

describe('a run on a node with GPUs', () => {
  testWith('cc', 'tells power, clocks and energy of each, by trial and by phase, from one sampler', async () => {
    const stub = stubbed('a100', 2);
    const run = started(campaign('telemetry: { gpu: { count: 2 } }'), stub);
    const ended = await run.ended;
    const benchmarks = benchmarksOf(run.folder);
    expect(benchmarksSchema.safeParse(benchmarks).error, ended.stderr).toBeUndefined();
    // A start that came too late on a busy machine leaves an attempt without load before it.
    const trial = benchmarks.cells[0]?.trials.at(-1);
    expect(trial?.gpu?.gpus.map(({ index, name }) => [index, name])).toEqual([
      [0, 'NVIDIA A100-SXM4-40GB'],
      [1, 'NVIDIA A100-SXM4-40GB'],
    ]);
    expect(trial?.gpu?.sampler).toHaveLength(1);
    const power = trial?.gpu?.gpus[1]?.metrics['power.draw'];
    expect(power?.source).toBe('nvml');
    if (power?.kind !== 'gauge') throw new Error(power?.kind);
    expect(power.min).toBeGreaterThan(169);
    expect(power.max).toBeLessThan(251);
    const total = trial?.energy?.total;
    // 5 s of two GPUs of 200 W and 210 W, each with a wave of 40 W and 3 s.
    expect(total?.joules).toBeGreaterThan(5 * 410 - 130);
    expect(total?.joules).toBeLessThan(5 * 410 + 130);
    expect(trial?.energy?.gpus.map(({ by }) => by)).toEqual(['counter', 'counter']);
    expect(trial?.energy?.gpus[0]?.disagreement).toBeLessThan(0.05);
    expect(trial?.energy?.perInference?.gross.joules).toBeCloseTo((total?.joules ?? 0) / 500, 6);
    expect(trial?.phases.map(({ gpu }) => gpu?.gpus.length)).toEqual([2, 2]);
    expect(trial?.host.nodes?.[0]?.contextSwitches).toBeGreaterThan(0);
    expect(readFileSync(join(resultsOf(run.folder), 'manifest.json'), 'utf8')).toContain('telemetry/000001.log');
    expect(codesOf(run.folder).reasons.filter((code) => code.startsWith('gpu'))).toEqual([]);
  });

  testWith('cc', 'that loses one in the middle is invalid and stops, where the campaign says so', async () => {
    const stub = stubbed('a100', 2);
    const run = started(campaign('trials: 3\ntelemetry: { onLoss: stop }', 20), stub);
    await run.saw(/running|sleeper/);
    setTimeout(() => stub.behave('lost=1'), 6_000);
    const ended = await run.ended;
    expect(ended.code, ended.stderr).toBe(13);
    expect(codesOf(run.folder).reasons).toContain('gpu-lost');
    const [cell] = benchmarksOf(run.folder).cells;
    expect(cell?.notRun.map(({ cause }) => cause)).toEqual(['failed', 'failed']);
    expect(cell?.notRun[0]?.why).toMatch(/was lost$/);
  });

  testWith('cc', 'that is throttled, shared with a stranger and told an XID is invalid by each of them', async () => {
    const stub = stubbed('a100', 1);
    const run = started(campaign('', 12), stub);
    await run.saw(/sleeper/);
    setTimeout(() => stub.behave('throttling xid=79 foreign=1'), 8_000);
    await run.ended;
    const { reasons } = codesOf(run.folder);
    expect(reasons).toEqual(expect.arrayContaining(['gpu-throttled', 'gpu-xid', 'gpu-foreign']));
    expect(benchmarksOf(run.folder).verdict.kind).toBe('invalid');
  });

  testWith('cc', 'whose driver ends its reader goes on, and says which seconds are not known', async () => {
    const stub = stubbed('a100', 1);
    const run = started(campaign('', 12), stub);
    await run.saw(/sleeper/);
    setTimeout(() => stub.behave('crash'), 8_000);
    await run.ended;
    const trial = benchmarksOf(run.folder).cells[0]?.trials.at(-1);
    expect(trial?.accounting.ok).toBe(1200);
    expect(codesOf(run.folder).cautions).toContain('gpu-coverage');
  });
});
