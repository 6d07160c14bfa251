import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultGatePolicy } from '../../src/campaign/gate-schema.ts';
import { packageVersion } from '../../src/cli/version.ts';
import type { GateResult } from '../../src/verdict/gate/result.ts';
import type { Benchmarks } from '../../src/verdict/result.ts';
import { loadcell } from '../support/loadcell.ts';

const misbehaving = fileURLToPath(new URL('../support/custom/misbehaving.ts', import.meta.url));
const MEDIAN = { metric: 'response.p50', cell: null, better: 'lower', threshold: null, floor: null } as const;
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
  const failing = JSON.stringify({
    custom: { module: misbehaving, options: { does: 'rejects with a failure', from: 2 } },
  });
  writeFileSync(join(work, 'failing.yaml'), campaign(failing, '25/s'));
  // The sign test says 1/8 of three pairs at most.
  writeFileSync(join(work, 'signs.yaml'), 'metrics: [response.p50]\nlooks: [3]\nalpha: 13%\n');
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

test('a candidate whose requests fail is worse than any that is slow', async () => {
  const campaigns = ['--baseline', 'main.yaml', '--candidate', 'failing.yaml', '--policy', 'signs.yaml'];
  const ended = await gate(...campaigns, '--allow-code', '--allow-outside', '--json').ended;
  expect(ended.code, ended.stderr).toBe(10);
  const { result } = gateOf(ended.stdout);
  expect(result.reasons.map(({ message }) => message)).toEqual([
    "in 3 of 3 pairs so many of the candidate's requests failed that it has no response.p50, and the baseline has one",
  ]);
});

test('the self-test proves on the spot that a slowdown fails, and what has not changed does not', async () => {
  const ci = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(work, 'summary.md') };
  writeFileSync(join(work, 'coarse.yaml'), 'threshold: 20%\nlooks: [2]\nalpha: 4%\n');
  const ended = await loadcell(['gate', '--self-test', '--policy', 'coarse.yaml', '--json', '--quiet'], work, ci).ended;
  expect(ended.code, ended.stderr).toBe(0);
  const { proven, gates } = JSON.parse(ended.stdout) as { proven: string; gates: { verdict: string }[] };
  expect(proven).toBe('yes');
  expect(gates).toHaveLength(2);
  expect(gates[0]?.verdict).not.toBe('fail');
  expect(gates[1]?.verdict).toBe('fail');
  expect(ended.stderr).not.toContain('::error');
  expect(existsSync(ci.GITHUB_STEP_SUMMARY)).toBe(false);
}, 180_000);

test('a gate that was killed while it made the folder of a run goes on in another', async () => {
  const file = join(work, 'main.yaml');
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  const folder = join(work, 'killed');
  mkdirSync(join(folder, 'half-made'), { recursive: true });
  const record = {
    kind: 'loadcell/gate-record',
    schemaVersion: 1,
    loadcell: packageVersion(),
    baseline: { file, sha256 },
    candidate: { file, sha256 },
    policy: { ...defaultGatePolicy(), metrics: [MEDIAN] },
    event: 'pr',
    seed: '7',
    allow: { allowOutside: false, allowRate: false, allowCode: false },
    stages: [{ purpose: 'look', pairs: 8, runId: 'half-made' }],
  };
  writeFileSync(join(folder, 'gate.json'), JSON.stringify(record));
  // An address that is none ends it before it runs.
  expect(await gate('--resume', folder, '--listen', 'nowhere').ended).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('--listen: found nowhere'),
  });
  const { stages } = JSON.parse(readFileSync(join(folder, 'gate.json'), 'utf8')) as { stages: { runId: string }[] };
  expect(stages.map(({ runId }) => runId)).toEqual([expect.stringMatching(/-gate-sleeper-[0-9a-f]{4}$/)]);
});

test('what cannot be a gate is refused in one sentence', async () => {
  writeFileSync(join(work, 'faster.yaml'), campaign('{ sleep: { constant: 200ms } }', '20/s'));
  expect(await gate('--baseline', 'main.yaml', '--candidate', 'faster.yaml').ended).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('gate: sleeper/load: found the load unlike on both sides'),
  });
  expect(await gate('--self-test', '--stored', 'latest').ended).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('--self-test: found --stored beside it'),
  });
  expect(await gate('--stored', 'latest', '--baseline', 'main.yaml').ended).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('--stored: found --baseline beside it'),
  });
  writeFileSync(join(work, 'gate.json'), '{"kind":"loadcell/gate-rec');
  expect(await gate('--resume', '.').ended).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('or a damaged one, expected the record of a gate'),
  });
  expect(await gate('--baseline', 'main.yaml').ended).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('gate: expected two campaigns'),
  });
  expect(await gate('--resume', 'nowhere').ended).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('expected the folder of a gate'),
  });
});
