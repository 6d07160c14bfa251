import { describe, expect } from 'vitest';
import type { TrialResult } from '../../src/verdict/trial-result.ts';
import { answering, type K6CampaignOptions, type K6Script, k6Folder } from '../support/k6-scripts.ts';
import { benchmarksOf, loadcell } from '../support/loadcell.ts';
import { isAlive } from '../support/process-alive.ts';
import { descendants } from '../support/process-tree.ts';
import { stockK6 } from '../support/stock-k6.ts';
import { testWith as testWithTool } from '../support/tools.ts';

/** Where other work keeps the machine busy k6 may have no virtual user ready in time and drop a tick: tried again, at most twice. */
const testWith = (title: string, body: () => Promise<void>): void => testWithTool('k6', title, body, 90_000, 2);

async function run(script: K6Script, options: K6CampaignOptions, k6: 'stock' | 'own' = 'stock') {
  const folder = k6Folder(script, options);
  const env = k6 === 'stock' ? { LOADCELL_K6: stockK6() } : {};
  const { code, stdout } = await loadcell(['run', 'campaign.yaml'], folder, env).ended;
  const trial = benchmarksOf(folder).cells[0]?.trials[0];
  if (trial === undefined) throw new Error('no trial in the result');
  return { code, stdout, trial };
}

const countsOf = ({ parts = [] }: TrialResult) =>
  parts
    .filter(({ metric }) => ['http_req_duration', 'checks', 'http_reqs', 'iterations', 'seen'].includes(metric))
    .map(({ metric, group, name, count, sum, unit }) => [metric, group, name, count, unit === 'ms' ? 0 : sum]);

describe('a stock k6, whose samples come as CSV', () => {
  testWith('has the account, the parts and the outcomes that folded samples have', () =>
    answering(async (url) => {
      const options = { agents: 2, target: `vus: 100, env: { URL: "${url}" }` };
      const [csv, folded] = [await run('everything', options), await run('everything', options, 'own')];
      const account = { scheduled: 300, ok: 240, failed: { 'target-error': 30, 'wrong-output': 30 } };
      for (const { trial } of [csv, folded]) {
        expect(trial.accounting).toMatchObject(account);
        expect(trial.failures.map(({ message, count }) => [message, count])).toEqual(
          expect.arrayContaining([
            ['Error: the tenth', 30],
            ['failed check: is, "so"', 30],
          ]),
        );
      }
      expect(countsOf(csv.trial)).toEqual(countsOf(folded.trial));
      expect(countsOf(csv.trial)).toContainEqual(['checks', '', 'is, "so"', 300, 270]);
      expect(csv.trial.k6?.samples).toBe('csv');
      expect(folded.trial.k6?.samples).toBe('folded');
    }),
  );

  testWith('is told from one that folds them, with what that costs and how to get the other', () =>
    answering(async (url) => {
      const { trial, stdout } = await run('everything', { target: `vus: 100, env: { URL: "${url}" }` });
      const caution = trial.verdict.cautions.find(({ code }) => code === 'samples-as-csv');
      expect(caution?.message).toMatch(/costs its agent some 30 µs of CPU an iteration.*own metrics/);
      expect(caution?.hint).toContain('npm run setup:k6');
      expect(stdout).toContain('samples-as-csv');
      expect(trial.parts?.find(({ metric }) => metric === 'seen')).toMatchObject({ type: 'unknown', unit: null });
    }),
  );

  testWith('is invalid where iterations were dropped', async () => {
    const { code, trial } = await run('stalls', { vus: 20 });
    expect(code).toBe(13);
    expect(trial.accounting.shed).toBeGreaterThan(50);
    expect(trial.accounting.ok + trial.accounting.shed).toBe(300);
    expect(trial.verdict.reasons.map(({ code: of }) => of)).toContain('too-few-vus');
  });

  testWith('ends with whoever reads its samples', async () => {
    const folder = k6Folder('idle', { scenario: 'load: { rate: 50/s, for: 60s }' });
    const running = loadcell(['run', 'campaign.yaml'], folder, { LOADCELL_K6: stockK6() });
    await running.saw('achieved');
    const all = descendants(running.pid);
    const k6 = all.find(({ command }) => / run .*--paused/.test(command));
    const runner = all.find(({ command }) => command.includes('runner/main'));
    if (k6 === undefined || runner === undefined) throw new Error('no k6 is running');
    process.kill(runner.pid, 'SIGKILL');
    const { code } = await running.ended;
    expect(code).toBe(13);
    await expect.poll(() => isAlive(k6.pid), { timeout: 5000 }).toBe(false);
  });
});
