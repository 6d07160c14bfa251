import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Comparison } from '../../src/verdict/compare/comparison.ts';
import { loadcell } from '../support/loadcell.ts';
import { recordedFolder, SAMPLE_RUN } from '../support/recorded-folder.ts';

const SLOWER = '20261122T060000Z-sample-0001';
const ELSEWHERE = '20261122T070000Z-sample-0002';

let work: string;
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'loadcell-compare-'));
  const results = join(work, 'results');
  await recordedFolder(results);
  await recordedFolder(results, { slowerMs: 20 }, SLOWER);
  await recordedFolder(results, { fingerprint: { cpu: { model: 'another', cores: 2 } } }, ELSEWHERE);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const ask = (...args: string[]) => loadcell(['compare', ...args], work).ended;

test('two runs of like nodes are compared figure by figure, and as whole distributions', async () => {
  const { stdout, stderr, code } = await ask(SAMPLE_RUN, SLOWER);
  expect([stderr, code]).toEqual(['', 0]);
  expect(stdout).toContain('environment  no difference');
  expect(stdout).toMatch(/response\.p95 .* \+[\d,.]+ % /);
  expect(stdout).toMatch(/furthest apart at [\d.]+ ms/);
  const json = JSON.parse((await ask(SAMPLE_RUN, SLOWER, '--json')).stdout) as Comparison;
  expect(json.cells[0]?.figures.find(({ metric }) => metric === 'response.p50')?.shift?.share).toBeGreaterThan(0);
  expect(json.cells[0]?.distribution?.meanMoveNs).toBeGreaterThan(1e6);
});

test('a run against itself shows no shift', async () => {
  const json = JSON.parse((await ask(SAMPLE_RUN, SAMPLE_RUN, '--json')).stdout) as Comparison;
  expect(json.cells[0]?.distribution?.largestGap).toBe(0);
  expect(json.cells[0]?.figures.every(({ shift }) => shift === null || Math.abs(shift.share) < 1e-12)).toBe(true);
});

test('unlike nodes are refused with exit 14, and each difference accepted by its name', async () => {
  const refused = await ask(SAMPLE_RUN, ELSEWHERE);
  expect(refused).toMatchObject({ code: 14, stdout: '' });
  expect(refused.stderr).toContain('cpu.model: found another, the baseline ran with');
  const accepted = await ask(SAMPLE_RUN, ELSEWHERE, '--accept-difference', 'cpu.model');
  expect(accepted).toMatchObject({ code: 0, stderr: '' });
  expect(accepted.stdout).toContain('environment differs');
});
