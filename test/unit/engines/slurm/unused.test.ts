import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeUnused, UNUSED_DAYS } from '../../../../src/engines/slurm/unused.ts';

const NOW_MS = Date.UTC(2026, 10, 22);

let shared: string;
beforeEach(() => {
  shared = mkdtempSync(join(tmpdir(), 'loadcell-unused-'));
  for (const kind of ['agents', 'runs']) mkdirSync(join(shared, kind));
});
afterEach(() => rmSync(shared, { recursive: true, force: true }));

/** Last changed so many days ago, folders above it aside. */
function aged(path: string, days: number): void {
  const at = NOW_MS / 1000 - days * 86_400;
  utimesSync(path, at, at);
}

function file(path: string, days: number): void {
  writeFileSync(path, '');
  aged(path, days);
}

function attempt(run: string, days: number, logDays = days): void {
  const folder = join(shared, 'runs', run, '1');
  mkdirSync(folder, { recursive: true });
  file(join(folder, 'token'), days);
  file(join(folder, 'log-0'), logDays);
  for (const path of [folder, join(shared, 'runs', run)]) aged(path, days);
}

const left = (kind: string): readonly string[] => readdirSync(join(shared, kind)).sort();

test('packs and runs that nobody has used for long go, and what was used since stays', () => {
  const [old, recent] = [`${'a'.repeat(64)}.tar`, `${'b'.repeat(64)}.tar`];
  file(join(shared, 'agents', old), UNUSED_DAYS + 1);
  file(join(shared, 'agents', recent), UNUSED_DAYS - 1);
  attempt('20260801T000000Z-nightly-7f3a', UNUSED_DAYS + 1);
  attempt('20260801T000000Z-nightly-7f3b', UNUSED_DAYS + 1, UNUSED_DAYS - 1);
  removeUnused(shared, NOW_MS);
  expect(left('agents')).toEqual([recent]);
  expect(left('runs')).toEqual(['20260801T000000Z-nightly-7f3b']);
});

test('what is not this program’s own stays, however old it is', () => {
  file(join(shared, 'agents', 'notes.txt'), 400);
  mkdirSync(join(shared, 'runs', 'training'));
  aged(join(shared, 'runs', 'training'), 400);
  const elsewhere = mkdtempSync(join(tmpdir(), 'loadcell-elsewhere-'));
  file(join(elsewhere, 'kept'), 400);
  symlinkSync(elsewhere, join(shared, 'runs', '20260801T000000Z-nightly-7f3c'));
  removeUnused(shared, NOW_MS + 400 * 86_400_000);
  expect(left('agents')).toEqual(['notes.txt']);
  expect(left('runs')).toEqual(['training']);
  expect(readdirSync(elsewhere)).toEqual(['kept']);
  rmSync(elsewhere, { recursive: true });
});

test('a shared folder of which nothing is there yet is left as it is', () => {
  removeUnused(join(shared, 'nothing'), NOW_MS);
  expect(readdirSync(shared)).toEqual(['agents', 'runs']);
});
