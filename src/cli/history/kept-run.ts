import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gateOfCampaign } from '../../campaign/gate-file.ts';
import type { GatePolicy } from '../../campaign/gate-policy.ts';
import { readKept } from '../../coordinator/kept-result.ts';
import { readPlan } from '../../coordinator/plan-file.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { type CellOfNight, cellsOfNight, environmentOf } from '../../verdict/gate/night.ts';
import { Failure } from '../failure.ts';
import { explained, folderOf, type RunsOptions } from '../run-argument.ts';
import { digestOf, type KeptRun } from './store.ts';

/** A complete run, as a store would keep it. */
export interface NightOfRun {
  readonly kept: KeptRun;
  readonly cells: readonly CellOfNight[];
  /** What its campaign says of gates; null: nothing. */
  readonly gate: GatePolicy | null;
}

/** Throws {@link Failure} where the run did not end, or ended early: a part of a night is no night. */
export async function nightOf(run: string, options: RunsOptions): Promise<NightOfRun> {
  const folder = await folderOf(run, options);
  const kept = await explained(readKept(folder));
  if (kept === null) {
    throw new Failure(
      EXIT_CODES['before-start'].code,
      `${basename(folder)}: found no manifest.json, so the run did not end; expected a complete run`,
    );
  }
  const { plan } = await explained(readPlan(folder));
  const { benchmarks } = kept;
  const cut = benchmarks.run.state !== 'complete' || benchmarks.verdict.reasons.some(({ code }) => code === 'deadline');
  if (cut) {
    throw new Failure(
      EXIT_CODES['before-start'].code,
      `${basename(folder)}: found a run that ended early, expected a complete one: loadcell run --resume ${basename(folder)} goes on with it`,
    );
  }
  return {
    kept: {
      runId: benchmarks.run.id,
      campaign: benchmarks.run.campaign,
      startedAt: benchmarks.run.startedAt,
      environment: digestOf(environmentOf(benchmarks)),
      verdict: benchmarks.verdict.kind,
      commit: benchmarks.run.source.commit,
    },
    cells: cellsOfNight(plan, benchmarks),
    gate: gateOfCampaign(await readFile(join(folder, 'campaign.yaml'), 'utf8')),
  };
}
