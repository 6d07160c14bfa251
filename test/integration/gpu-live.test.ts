import { afterEach, expect, test } from 'vitest';
import { METRICS } from '../../src/gpu/metric.ts';
import { missing } from '../../src/gpu/reading.ts';
import type { DeviceSample } from '../../src/gpu/sample.ts';
import { freshFolder, loadcell } from '../support/loadcell.ts';
import { NvmlStub } from '../support/nvml-stub.ts';
import { testWith } from '../support/tools.ts';

const stubs: NvmlStub[] = [];
afterEach(() => {
  for (const stub of stubs.splice(0)) stub.remove();
});

testWith('cc', 'loadcell gpu shows what is read now, by what, and why something is not there', async () => {
  const stub = new NvmlStub('a100-mig', 1);
  stubs.push(stub);
  const { code, stdout, stderr } = await loadcell(['gpu'], freshFolder(), stub.env).ended;
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('driver 550.54.15, CUDA 12.4\nread by nvml');
  expect(stdout).toMatch(/GPU 0 +NVIDIA A100-SXM4-40GB +\d+(\.\d+)? W +400 W +1410 MHz +54 °C/);
  expect(stdout).toMatch(/MIG 1 +1g\.5gb/);
  expect(stdout).toMatch(
    /^-: utilization\.gpu, activity\.sm, activity\.tensor, activity\.dram: not supported by this GPU/m,
  );
  expect(stdout).toMatch(/^- of MIG instances: power\..+, activity\.sm, .+, xid: not supported by this GPU/m);
  expect(stdout).toMatch(/\d+ +of this program +1024 MiB/);
});

testWith('cc', 'loadcell gpu --json is one object with units, and --watch one line a second', async () => {
  const stub = new NvmlStub('h100', 1);
  stubs.push(stub);
  const once = await loadcell(['gpu', '--json'], freshFolder(), stub.env).ended;
  const told = JSON.parse(once.stdout) as { units: Record<string, string>; samples: { source: string }[] };
  expect(told.units).toMatchObject({ 'power.draw': 'W', 'activity.sm': 'ratio', energy: 'J' });
  expect(told.samples[0]?.source).toBe('nvml');
  const watching = loadcell(['gpu', '--json', '--watch'], freshFolder(), stub.env);
  let lines = 0;
  await new Promise<void>((resolve) => {
    watching.process.stdout?.on('data', (text) => {
      lines += String(text).split('\n').length - 1;
      if (lines >= 2) resolve();
    });
  });
  watching.process.kill('SIGINT');
  expect((await watching.ended).code).toBe(0);
});

testWith(
  'cc',
  'loadcell gpu gives a reason for every metric that nothing tells, of GPUs and of MIG instances',
  async () => {
    const stub = new NvmlStub('a100-mig', 1);
    stubs.push(stub);
    stub.behave('noevents');
    const { stdout } = await loadcell(['gpu', '--json'], freshFolder(), stub.env).ended;
    const { samples } = JSON.parse(stdout) as { samples: readonly DeviceSample[] };
    expect(samples).toHaveLength(3);
    const unsupported = missing('not_supported');
    for (const { device, readings } of samples) {
      expect(Object.keys(readings).toSorted(), device.uuid).toEqual(Object.keys(METRICS).toSorted());
      expect(readings).toMatchObject({ 'activity.sm': unsupported, 'activity.dram': unsupported, xid: unsupported });
    }
  },
);

test('loadcell gpu says in one sentence that there is no GPU', async () => {
  const { code, stdout } = await loadcell(['gpu'], freshFolder(), { PATH: '/nowhere' }).ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^no GPU that can be read\nread by none\nnot read: libnvidia-ml\.so\.1 cannot be loaded/);
});
