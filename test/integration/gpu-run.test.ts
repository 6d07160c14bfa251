import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect } from 'vitest';
import { benchmarksSchema } from '../../src/report/schema/benchmarks.ts';
import { benchmarksOf, freshFolder, loadcell, resultsOf } from '../support/loadcell.ts';
import { NvmlStub } from '../support/nvml-stub.ts';
import { freePort, textOf, until } from '../support/prometheus.ts';
import { testWith } from '../support/tools.ts';

const WARMUP_S = 3;
const campaign = (more = '', seconds = 5): string => `
name: watched
targets: { sleeper: { sleep: { constant: 2ms } } }
scenarios: { load: { load: { rate: 100/s, for: ${seconds}s } } }
objectives: [errors < 20%]
fleet: { agents: 2, workers: 1, pacing: lowCpu }
warmup: ${WARMUP_S}s
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
function started(text: string, stub: NvmlStub, ...flags: readonly string[]) {
  const folder = freshFolder();
  writeFileSync(join(folder, 'campaign.yaml'), text);
  return loadcell(['run', 'campaign.yaml', ...flags], folder, stub.env);
}

/**
 * The same, and once its first trial is two seconds into what is measured the stub behaves so: however long a busy machine
 * took to calibrate and to begin.
 */
async function disturbed(text: string, stub: NvmlStub, words: string) {
  const port = await freePort();
  const run = started(text, stub, '--metrics', `127.0.0.1:${port}`);
  const offered = (page: string): number =>
    Number(/^loadcell_offered_requests_total\{.*\} (\d+)$/m.exec(page)?.[1] ?? 0);
  await until(
    () => textOf(`http://127.0.0.1:${port}/metrics`),
    (page) => offered(page) >= 100 * (WARMUP_S + 2),
  );
  stub.behave(words);
  return { folder: run.folder, ended: await run.ended };
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
    expect(trial?.gpu?.gpus[1]?.metrics['activity.sm']).toMatchObject({ count: 0, missing: { not_supported: 1 } });
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

  testWith(
    'cc',
    'that loses one in the middle is invalid and stops, where the campaign says so',
    async () => {
      const stub = stubbed('a100', 2);
      const { folder, ended } = await disturbed(campaign('trials: 3\ntelemetry: { onLoss: stop }', 20), stub, 'lost=1');
      expect(ended.code, ended.stderr).toBe(13);
      expect(codesOf(folder).reasons).toContain('gpu-lost');
      const [cell] = benchmarksOf(folder).cells;
      expect(cell?.notRun.map(({ cause }) => cause)).toEqual(['failed', 'failed']);
      expect(cell?.notRun[0]?.why).toMatch(/was lost$/);
    },
    120_000,
  );

  testWith(
    'cc',
    'that is throttled, shared with a stranger and told an XID is invalid by each of them',
    async () => {
      const stub = stubbed('a100', 1);
      const { folder } = await disturbed(campaign('', 12), stub, 'throttling xid=79 foreign=1');
      const { reasons } = codesOf(folder);
      expect(reasons).toEqual(expect.arrayContaining(['gpu-throttled', 'gpu-xid', 'gpu-foreign']));
      expect(benchmarksOf(folder).verdict.kind).toBe('invalid');
    },
    120_000,
  );

  testWith(
    'cc',
    'that errs, is set back and is held down softly is invalid by the first two and cautioned for the rest',
    async () => {
      const { folder } = await disturbed(campaign('', 12), stubbed('a100', 1), 'ecc reset soft capped');
      const { reasons, cautions } = codesOf(folder);
      expect(reasons).toEqual(expect.arrayContaining(['gpu-ecc', 'gpu-counter-backwards']));
      expect(cautions).toEqual(expect.arrayContaining(['gpu-throttled', 'gpu-power-cap']));
    },
    120_000,
  );

  testWith(
    'cc',
    'whose driver ends every reader says that nothing is known of its GPUs, and why',
    async () => {
      const stub = stubbed('a100', 1);
      stub.behave('crash');
      const run = started(campaign('', 5), stub);
      const ended = await run.ended;
      expect(benchmarksOf(run.folder).cells[0]?.trials.at(-1)?.gpu?.gaps[0]?.message, ended.stderr).toContain(
        'SIGABRT',
      );
      expect(codesOf(run.folder).cautions).toContain('gpu-coverage');
    },
    120_000,
  );

  testWith(
    'cc',
    'whose driver ends its reader goes on, and says which seconds are not known',
    async () => {
      const stub = stubbed('a100', 1);
      const { folder, ended } = await disturbed(campaign('', 12), stub, 'crash');
      const trial = benchmarksOf(folder).cells[0]?.trials.at(-1);
      expect(trial?.accounting.ok, ended.stderr).toBe(1200);
      expect(trial?.gpu?.gaps[0]?.message).toContain('SIGABRT');
      expect(codesOf(folder).cautions).toContain('gpu-coverage');
    },
    120_000,
  );
});
