import { expect, test } from 'vitest';
import { OutputLoss } from '../../../src/cli/output-loss.ts';

const failing = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

test('output that a full disk did not take is never exit code 0', () => {
  const loss = new OutputLoss();
  loss.note(failing('ENOSPC'));
  expect(loss.sentence).toBe('standard output: cannot be written (the disk is full); what stands there is not whole');
  expect(loss.exitCode(0)).toBe(70);
  expect(loss.exitCode(10)).toBe(10);
});

test.each(['EPIPE', 'EIO'])('a reader that has gone away (%s) misses nothing', (code) => {
  const loss = new OutputLoss();
  loss.note(failing(code));
  expect(loss.sentence).toBeNull();
  expect(loss.exitCode(0)).toBe(0);
});
