import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GateResult } from '../../src/verdict/gate/result.ts';
import type { Benchmarks } from '../../src/verdict/result.ts';
import { loadcell } from '../support/loadcell.ts';

const misbehaving = fileURLToPath(new URL('../support/custom/misbehaving.ts', import.meta.url));
let work: string;
const campaign = (target: string, rate: string): string => `
name: sleeper
targets: { sleeper: ${target} }
scenarios: { load: { load: { rate: ${rate}, for: 1s }, arrivals: uniform, objectives: [] } }
fleet: { workers: 8 }
warmup: 200ms
drain: 500ms
`;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'loadcell-gate-'));
  writeFileSync(join(work, 'main.yaml'), campaign('{ sleep: { constant: 200ms } }', '25/s'));
  writeFileSync(join(work, 'slower.yaml'), campaign('{ sleep: { constant: 220ms } }', '25/s'));
  const dying = JSON.stringify({ custom: { module: misbehaving, options: { does: 'kills its process', from: 2 } } });
  writeFileSync(join(work, 'dying.yaml'), campaign(dying, '25/s'));
  // A coarse alpha for few pairs: what is tested is the way from two campaigns to a verdict, not the rule.
  writeFileSync(join(work, 'gate.yaml'), 'metrics: [response.p50]\nlooks: [3]\nalpha: 4%\n');
  writeFileSync(join(work, 'two.yaml'), 'metrics: [response.p50]\nlooks: [2]\nalpha: 4%\n');
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const gate = (...args: string[]) => loadcell(['gate', ...args], work);
const gateOf = (stdout: string): { folder: string; result: GateResult } => {
  const { folder } = JSON.parse(stdout) as { folder: string };
  return { folder, result: JSON.parse(readFileSync(join(folder, 'verdict.json'), 'utf8')) as GateResult };
};

test('a target that became ten percent slower fails', async () => {
  const ended = await gate('--baseline', 'main.yaml', '--candidate', 'slower.yaml', '--policy', 'gate.yaml', '--json')
    .ended;
  expect(ended.code, ended.stderr).toBe(10);
  const { result } = gateOf(ended.stdout);
  expect(result.pairs).toEqual({ run: 3, valid: 3 });
  expect(result.metrics[0]?.worse).toBeGreaterThan(0.08);
  expect(result.reasons.map(({ code }) => code)).toEqual(['worse']);
});

test('an interrupted gate goes on without losing a pair, and what has not changed does not fail', async () => {
  const running = gate('--baseline', 'main.yaml', '--candidate', 'main.yaml', '--policy', 'gate.yaml', '--json');
  await running.saw(/candidate\/sleeper\/load.*trial 2/);
  running.process.kill('SIGINT');
  const stopped = await running.ended;
  expect(stopped.code).toBe(130);
  const [, folder = ''] = /loadcell gate --resume (\S+)/.exec(stopped.stderr) ?? [];
  const resumed = await gate('--resume', folder, '--json').ended;
  expect([0, 12], resumed.stderr).toContain(resumed.code);
  const { result, folder: whole } = gateOf(resumed.stdout);
  expect(result.pairs.run).toBe(3);
  expect(['pass', 'inconclusive']).toContain(result.verdict);
  const [run = ''] = readdirSync(whole).filter((name) => name.includes('-gate-'));
  const benchmarks = JSON.parse(readFileSync(join(whole, run, 'benchmarks.json'), 'utf8')) as Benchmarks;
  for (const cell of benchmarks.cells)
    expect(new Set(cell.trials.map(({ index }) => index))).toEqual(new Set([1, 2, 3, 4]));
  expect(benchmarks.run.resumed).toHaveLength(1);
});

test('measurements that are not to be trusted never fail the candidate', async () => {
  const campaigns = ['--baseline', 'dying.yaml', '--candidate', 'dying.yaml', '--policy', 'two.yaml'];
  const ended = await gate(...campaigns, '--allow-code', '--allow-outside', '--json').ended;
  expect(ended.code, ended.stderr).toBe(13);
  expect(gateOf(ended.stdout).result).toMatchObject({ verdict: 'invalid', reasons: [{ code: 'invalid-pairs' }] });
});

test('what cannot be a gate is refused in one sentence', async () => {
  expect(await gate('--baseline', 'main.yaml').ended).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('gate: expected two campaigns'),
  });
  expect(await gate('--resume', 'nowhere').ended).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('expected the folder of a gate'),
  });
});
