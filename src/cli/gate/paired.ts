import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type MergedPlan, mergedPlan } from '../../campaign/gate-plan.ts';
import type { GateCell, GateEvent, GatePolicy } from '../../campaign/gate-policy.ts';
import { defaultGatePolicy } from '../../campaign/gate-schema.ts';
import { goodLimit } from '../../campaign/good-limit.ts';
import type { Plan } from '../../campaign/plan.ts';
import { ResultsError, refusal } from '../../coordinator/results-error.ts';
import { runIdOf } from '../../coordinator/results-folder.ts';
import { makeFolders } from '../../models/make-folders.ts';
import { drawHex, drawSeed, systemWallClock } from '../../time/monotonic.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { type GateStage, gateCourse } from '../../verdict/gate/gate-course.ts';
import { type GatedMetric, gatedMetrics } from '../../verdict/gate/gated-metric.ts';
import { pairsOfRun } from '../../verdict/gate/pairs-of-run.ts';
import type { GateReason } from '../../verdict/gate/reason.ts';
import { acksOn, type GateResult, gateResult } from '../../verdict/gate/result.ts';
import type { GateQuestion } from '../../verdict/gate/step.ts';
import type { WrittenCampaign } from '../campaign-file.ts';
import { Failure } from '../failure.ts';
import { nearPath } from '../result-lines.ts';
import type { UndertakingOptions } from '../run.ts';
import { packageVersion } from '../version.ts';
import { type GateCampaign, type GateRecord, readRecord, writeRecord } from './record.ts';
import { planned, runStage } from './stage.ts';

const USAGE = EXIT_CODES['before-start'].code;

export interface PairedOptions extends UndertakingOptions {
  readonly event: GateEvent;
  readonly seed?: string;
  readonly allowOutside?: boolean;
  readonly allowRate?: boolean;
  readonly allowCode?: boolean;
}

/** A gate that has been decided, or that was stopped and can be gone on with. */
export type GateEnd =
  | { readonly kind: 'decided'; readonly folder: string; readonly result: GateResult }
  | { readonly kind: 'interrupted'; readonly folder: string };

/** Begins a gate of two campaigns. `policy`: of a file of its own; null: the baseline's, the candidate's, or the defaults. */
export async function beginGate(
  campaigns: Readonly<Record<'baseline' | 'candidate', string | WrittenCampaign>>,
  policy: GatePolicy | null,
  options: PairedOptions,
): Promise<GateEnd> {
  const allow = {
    allowOutside: options.allowOutside === true,
    allowRate: options.allowRate === true,
    allowCode: options.allowCode === true,
  };
  const sides = { baseline: await campaignOf(campaigns.baseline), candidate: await campaignOf(campaigns.candidate) };
  const seed = options.seed ?? drawSeed();
  const [a, b] = await planned({ ...sides, seed, allow }, 2, 0);
  const chosen = policy ?? a.gate ?? b.gate ?? defaultGatePolicy();
  const merged = mergedPlan(a.plan, b.plan, 2, '');
  if (!merged.ok) throw new Failure(USAGE, merged.problem);
  refuseUnlikeGoodput(metricsOf(chosen, merged.cells), a.plan, b.plan);
  const record: GateRecord = {
    kind: 'loadcell/gate-record',
    schemaVersion: 1,
    loadcell: packageVersion(),
    ...sides,
    policy: chosen,
    event: options.event,
    seed,
    allow,
    stages: [],
  };
  const folder = join(
    resolve(options.results),
    'gates',
    runIdOf(systemWallClock.nowMs(), b.plan.campaign.name, drawHex(2)),
  );
  await makeFolders(folder).catch((error) => {
    throw new ResultsError('path', refusal(error, folder), error);
  });
  await writeRecord(folder, record);
  return goOn(folder, record, options);
}

/** Goes on with a gate that was stopped: finished pairs stay, the stage under way is taken up again. */
export async function resumeGate(folder: string, options: PairedOptions): Promise<GateEnd> {
  const whole = resolve(folder);
  return goOn(whole, await readRecord(whole), options);
}

async function goOn(folder: string, began: GateRecord, options: PairedOptions): Promise<GateEnd> {
  let record = began;
  const stages: GateStage[] = [];
  const [a, b] = await planned(record, 2, 0);
  const merged = mergedPlan(a.plan, b.plan, 2, '');
  if (!merged.ok) throw new Failure(USAGE, merged.problem);
  const metrics = metricsOf(record.policy, merged.cells);
  const { acks, expired } = acksOn(record.policy, new Date(systemWallClock.nowMs()).toISOString().slice(0, 10));
  const question: GateQuestion = { policy: record.policy, metrics, acks };
  for (;;) {
    const course = gateCourse(question, stages);
    if (course.kind === 'decided') {
      const { kind, findings } = course.step;
      const about = {
        manner: 'paired',
        event: record.event,
        baseline: a.plan.campaign.name,
        candidate: b.plan.campaign.name,
        runs: record.stages.map(({ runId }) => runId),
        beside: [...expired, ...notGated(merged)],
      } as const;
      return { kind: 'decided', folder, result: gateResult(kind, findings, question, about) };
    }
    const index = stages.length;
    if (!hasBegun(folder, record, index)) {
      const runId = runIdOf(systemWallClock.nowMs(), `gate-${b.plan.campaign.name}`.slice(0, 64), drawHex(2));
      record = { ...record, stages: [...record.stages.slice(0, index), { ...course.stage, runId }] };
      await writeRecord(folder, record);
    }
    const end = await runStage(folder, record, index, options);
    if (end.kind === 'interrupted') return { kind: 'interrupted', folder };
    const { purpose, pairs } = record.stages[index] ?? course.stage;
    stages.push({ purpose, pairs: pairsOfRun(end.benchmarks, metrics, pairs) });
    if (options.quiet !== true) process.stderr.write(`gate: ${nearPath(folder)}: stage ${index + 1}, ${pairs} pairs\n`);
  }
}

/** A cell that a change took away, or named otherwise, is not held against anything. */
const notGated = ({ unmatched }: Extract<MergedPlan, { readonly ok: true }>): readonly GateReason[] =>
  unmatched.map(({ cell, only }) => ({
    code: 'not-gated',
    where: cell,
    message: `the ${only} alone has this cell: it was held against nothing`,
    hint: 'give both campaigns the same cells, or leave it out of both (cells)',
  }));

/** A stage whose run was killed while its folder was made has nothing to go on with: it gets another folder. */
function hasBegun(folder: string, { stages }: GateRecord, index: number): boolean {
  const stage = stages[index];
  if (stage === undefined) return false;
  const run = join(folder, stage.runId);
  return !existsSync(run) || existsSync(join(run, 'plan.json'));
}

function metricsOf(policy: GatePolicy, cells: readonly GateCell[]): readonly GatedMetric[] {
  const gated = gatedMetrics(policy, cells);
  if (!gated.ok) throw new Failure(USAGE, gated.problem);
  return gated.metrics;
}

/** Goodput counts what keeps a side's own bounds on the response: by unlike ones a shift would come from those. */
function refuseUnlikeGoodput(metrics: readonly GatedMetric[], baseline: Plan, candidate: Plan): void {
  const limitIn = ({ cells }: Plan, id: string): string =>
    cells.flatMap((cell) => (cell.id === id ? (goodLimit(cell) ?? []) : [])).join('') || 'no bound';
  const problems = metrics
    .filter(({ metric }) => metric === 'goodput')
    .flatMap(({ id, cell }) => {
      const [mine, theirs] = [limitIn(baseline, cell), limitIn(candidate, cell)];
      return mine === theirs
        ? []
        : [
            `gate: ${id}: found responses bounded by ${mine} in the baseline and by ${theirs} in the candidate, expected the same objectives: goodput counts what keeps them`,
          ];
    });
  if (problems.length > 0) throw new Failure(USAGE, problems);
}

async function campaignOf(campaign: string | WrittenCampaign): Promise<GateCampaign> {
  if (typeof campaign !== 'string') return { written: campaign };
  const file = resolve(campaign);
  const bytes = await readFile(file).catch(() => {
    throw new Failure(
      USAGE,
      `${campaign}: cannot be read, expected a campaign file, for example campaigns/smoke.yaml (${basename(file)})`,
    );
  });
  return { file, sha256: createHash('sha256').update(bytes).digest('hex') };
}
