import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { type Found, LOOK_MS, LOOKS, watched, watchFor } from '../../../../src/cli/inside/room-watch.ts';

afterEach(() => void vi.useRealTimers());

/** How often a room was told to be gone after these looks. */
async function told(looks: readonly Found[]): Promise<number> {
  vi.useFakeTimers();
  const left = [...looks];
  let times = 0;
  const unwatch = watchFor(
    () => Promise.resolve(left.shift() ?? 'same'),
    () => times++,
  );
  await vi.advanceTimersByTimeAsync(LOOK_MS * looks.length);
  unwatch();
  await vi.advanceTimersByTimeAsync(LOOK_MS * LOOKS);
  return times;
}

test.each(['nothing', 'another'] as const)(
  'a room in whose place %s is found stays gone, and is told so once',
  async (found) => {
    expect(await told(['same', ...Array<Found>(LOOKS + 2).fill(found)])).toBe(1);
  },
);

test('a room that is only out of sight for a moment is not gone', async () => {
  const blink: Found[] = [...Array<Found>(LOOKS - 1).fill('nothing'), 'same'];
  expect(await told([...blink, ...blink, 'same'])).toBe(0);
});

test('a file is known again, and told from another one at its path', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-watch-'));
  const path = join(folder, 'listing.json');
  writeFileSync(path, '[]');
  const look = await watched(path);
  expect(await look()).toBe('same');
  renameSync(path, join(folder, 'aside'));
  expect(await look()).toBe('nothing');
  writeFileSync(path, '[]');
  expect(await look()).toBe('another');
  rmSync(folder, { recursive: true });
});
