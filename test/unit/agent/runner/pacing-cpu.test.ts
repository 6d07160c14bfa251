import { expect, test } from 'vitest';
import { boardMemory, CpuSamples } from '../../../../src/agent/runner/board.ts';
import { PacingCpuMeter } from '../../../../src/agent/runner/pacing-cpu.ts';

test('the harness spent the smaller of its own time and of its CPU time, over all workers', () => {
  const memory = boardMemory(2);
  const [a, b] = [new CpuSamples(memory, 0), new CpuSamples(memory, 1)];
  const meter = new PacingCpuMeter(memory, 2);
  expect(meter.read()).toEqual({ cpuS: 0, wallS: 0 });
  a.leave(0, 5e9, 0);
  b.leave(0, 1e9, 0);
  expect(meter.read()).toEqual({ cpuS: 0, wallS: 0 });
  a.leave(1e9, 5.75e9, 0.5e9);
  b.leave(2e9, 1.25e9, 1.5e9);
  expect(meter.read()).toEqual({ cpuS: 0.75, wallS: 3 });
  expect(meter.read()).toEqual({ cpuS: 0, wallS: 0 });
});
