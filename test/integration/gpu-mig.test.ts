// A whole run on one MIG instance: given by the engine, looked at on arrival, worked on, observed and judged.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect } from 'vitest';
import type { RunEvent } from '../../src/coordinator/events.ts';
import { readJournal } from '../../src/coordinator/results-journal.ts';
import { benchmarksSchema } from '../../src/report/schema/benchmarks.ts';
import { fakeNvidiaSmiOf, gpusOf } from '../support/fake-gpus.ts';
import { benchmarksOf, type Ended, freshFolder, loadcell, resultsOf } from '../support/loadcell.ts';
import { NvmlStub } from '../support/nvml-stub.ts';
import { testWith } from '../support/tools.ts';

/** As the stub cuts each of its GPUs. */
const INSTANCES = ['3g.20gb', '1g.5gb'].map((profile, place) => ({
  uuid: `MIG-00000000-0000-4000-8000-000000${String(place).padStart(6, '0')}`,
  profile,
}));
const [LARGE, SMALL] = INSTANCES.map(({ uuid }) => uuid);
const GPU = gpusOf(1)[0]?.uuid;
const WORKER = fileURLToPath(new URL('../support/custom/says-its-gpus.ts', import.meta.url));

const removals: (() => void)[] = [];
afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

async function run(gpu: string, visible: string, words = ''): Promise<Ended & { readonly folder: string }> {
  const stub = new NvmlStub('a100-mig', 1);
  const tools = fakeNvidiaSmiOf(gpusOf(1).map((gpu) => ({ ...gpu, instances: INSTANCES })));
  removals.push(() => stub.remove(), tools.remove);
  stub.behave(words);
  const folder = freshFolder();
  const options = `{ visible: "${visible}" }`;
  const campaign = `
name: on-mig
targets: { own: { custom: { module: ${JSON.stringify(WORKER)}, options: ${options} } } }
scenarios: { load: { load: { rate: 100/s, for: 5s } } }
objectives: [errors < 5%]
fleet: { agents: 1, workers: 2, pacing: lowCpu, instance: { gpu: ${gpu}, gpuMemory: 1GiB } }
warmup: 1s
seed: 5
`;
  writeFileSync(join(folder, 'campaign.yaml'), campaign);
  const running = loadcell(['run', 'campaign.yaml', '--allow-code', '--allow-outside'], folder, {
    ...stub.env,
    ...tools.env,
  });
  return { ...(await running.ended), folder };
}

async function journalEvents(folder: string): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const entry of readJournal(resultsOf(folder))) if (entry.kind === 'event') events.push(entry.timed.event);
  return events;
}

testWith(
  'cc',
  'a run on a MIG instance is worked on it and observed by it, beside a neighbour that is told of',
  async () => {
    const { code, stderr, folder } = await run('MIG 3g.20gb', LARGE ?? '', 'foreign=1');
    // A busy machine may make the measurement invalid.
    expect([0, 13], stderr).toContain(code);
    const registered = (await journalEvents(folder)).find(({ kind }) => kind === 'agent-registered');
    expect(registered).toMatchObject({ gpus: [{ uuid: LARGE, name: 'NVIDIA A100-SXM4-40GB MIG 3g.20gb' }] });
    const result = benchmarksOf(folder);
    expect(benchmarksSchema.safeParse(result).error).toBeUndefined();
    const trial = result.cells[0]?.trials.at(-1);
    // The worker refuses any other device than this one.
    expect(trial?.accounting).toMatchObject({ scheduled: 500, ok: 500 });
    expect(trial?.gpu?.gpus.map(({ uuid, parent, name }) => [uuid, parent, name])).toEqual([
      [GPU, null, 'NVIDIA A100-SXM4-40GB'],
      [LARGE, GPU, '3g.20gb'],
      [SMALL, GPU, '1g.5gb'],
    ]);
    const [gpu, large] = trial?.gpu?.gpus ?? [];
    expect(large?.metrics['memory.used']).toMatchObject({ source: 'nvml', mean: 2 * 2 ** 30 });
    expect(large?.metrics['power.draw']).toMatchObject({ count: 0 });
    expect(gpu?.metrics['utilization.gpu']).toMatchObject({ count: 0 });
    // An instance has no energy of its own: the GPU's counts, once.
    expect(trial?.energy?.gpus.map(({ uuid }) => uuid)).toEqual([GPU]);
    const { reasons, cautions } = result.verdict;
    expect(reasons.map((reason) => reason.code).filter((each) => each.startsWith('gpu'))).toEqual([]);
    expect(cautions.map((caution) => caution.code)).toContain('gpu-neighbour');
  },
);

testWith('cc', 'an instance that the GPU is not cut into, or the whole of a GPU that is cut, is refused', async () => {
  for (const gpu of ['MIG 2g.10gb', 'A100-SXM4-40GB']) {
    const { code, stderr } = await run(gpu, '');
    expect(stderr).toContain(
      `found 1 GPU ${gpu}, and this machine has 0 of them (of NVIDIA A100-SXM4-40GB MIG 3g.20gb, NVIDIA A100-SXM4-40GB MIG 1g.5gb)`,
    );
    expect(code).toBe(64);
  }
});
