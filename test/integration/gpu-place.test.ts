import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { fakeNvidiaSmiOf, gpusOf } from '../support/fake-gpus.ts';
import { journalEvents } from '../support/journal-events.ts';
import { type Ended, freshFolder, loadcell } from '../support/loadcell.ts';
import { NvmlStub } from '../support/nvml-stub.ts';
import { testWith } from '../support/tools.ts';

const removals: (() => void)[] = [];
afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

/** A run on a machine whose `nvidia-smi -L` tells of GPUs called `told`, and whose driver has two A100-SXM4-40GB. */
async function run(instance: string, told?: string): Promise<Ended & { readonly folder: string }> {
  const stub = new NvmlStub('a100', 2);
  const tools = fakeNvidiaSmiOf(gpusOf(2, told));
  removals.push(() => stub.remove(), tools.remove);
  const folder = freshFolder();
  const campaign = `
name: gpu-place
targets: { nothing: { null: {} } }
scenarios: { load: { load: { rate: 100/s, for: 2s } } }
objectives: [errors < 5%]
fleet: { agents: 2, instance: ${instance} }
telemetry: { gpu: off }
warmup: 200ms
`;
  writeFileSync(join(folder, 'campaign.yaml'), campaign);

  const running = loadcell(['run', 'campaign.yaml'], folder, { ...stub.env, ...tools.env });
  return { ...(await running.ended), folder };
}

testWith('cc', 'agents with GPUs of the model that is asked for say which they were given, each its own', async () => {
  const { code, stderr, folder } = await run('{ gpu: A100-SXM4-40GB, gpuMemory: 1GiB, gpuClock: 1275MHz }');
  // A busy machine may make the measurement invalid.
  expect([0, 13], stderr).toContain(code);
  const given = journalEvents(folder).flatMap((event) => (event.kind === 'agent-registered' ? [event.gpus] : []));
  expect(
    given
      .flat()
      .map((gpu) => gpu?.uuid)
      .sort(),
  ).toEqual(gpusOf(2).map(({ uuid }) => uuid));
  expect(given[0]?.[0]?.name).toBe('NVIDIA A100-SXM4-40GB');
});

testWith(
  'cc',
  'a place whose GPUs are of another model than is asked for is given back, thrice, and then no more',
  async () => {
    const { code, stderr, folder } = await run('{ gpu: A100-SXM4-80GB }', 'NVIDIA A100-SXM4-80GB');
    expect(code, stderr).toBe(12);
    expect(stderr).toMatch(
      /place [01] on node .*: found NVIDIA A100-SXM4-40GB \(GPU-[-0-9]+\), expected A100-SXM4-80GB/,
    );
    const refused = journalEvents(folder).flatMap((event) => (event.kind === 'agent-refused' ? [event.code] : []));
    expect(new Set(refused)).toEqual(new Set(['wrong-node']));
    expect(refused.length).toBeGreaterThanOrEqual(3);
  },
);

testWith('cc', 'a GPU without the memory that is asked for is none', async () => {
  const { code, stderr } = await run('{ gpu: A100-SXM4-40GB, gpuMemory: 60GiB }');
  expect(code, stderr).toBe(12);
  expect(stderr).toMatch(/NVIDIA A100-SXM4-40GB \(GPU-[-0-9]+\) has [\d.]+ GiB free, expected 60 GiB/);
});
