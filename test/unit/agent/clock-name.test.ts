import { expect, test } from 'vitest';
import { clockName } from '../../../src/agent/clock-name.ts';

const BOOT = '0f1e2d3c-0000-4000-8000-000000000000';
const name = (boot: string | null, namespace: string | null): string | null =>
  clockName(
    () => boot,
    () => namespace,
  );

test('a clock is of one boot and one time namespace', () => {
  expect(name(`${BOOT}\n`, 'time:[4026531834]')).toBe(`${BOOT} time:[4026531834]`);
  expect(name(`${BOOT}\n`, 'time:[4026532999]')).not.toBe(name(`${BOOT}\n`, 'time:[4026531834]'));
});

test.each([
  [null, 'time:[4026531834]'],
  ['', 'time:[4026531834]'],
  [BOOT, null],
])('one that is not told whole has no name', (boot, namespace) => {
  expect(name(boot, namespace)).toBeNull();
});
