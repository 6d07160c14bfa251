import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { endJob } from '../../../../src/engines/slurm/end-job.ts';
import type { CallTool } from '../../../../src/engines/tool.ts';

test('a job that a controller without an answer does not end is given up in time, with what ends it by hand', async () => {
  let calls = 0;
  const call: CallTool = async (tool) => {
    calls++;
    await delay(100);
    return { kind: 'silent', why: `${tool} gave no answer within 0.1 s` };
  };
  const isOver = async (): Promise<boolean> => {
    await call('squeue', []);
    return false;
  };
  await expect(endJob('7', { call, pollMs: 10, isOver }, 300)).rejects.toThrow(
    'Slurm job 7 could not be cancelled: scancel gave no answer within 0.1 s; end it with: scancel 7',
  );
  // Rounds of three calls and more, each begun within 0.3 s.
  expect(calls).toBeLessThan(12);
});

test('a job that goes is told to end once', async () => {
  const asked: (readonly string[])[] = [];
  const call: CallTool = async (_, args) => {
    asked.push(args);
    return { kind: 'answered', stdout: '', stderr: '' };
  };
  await endJob('7', { call, pollMs: 1, isOver: async () => asked.length === 2 });
  expect(asked).toEqual([['--signal=KILL', '7'], ['7']]);
});
