import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DISCARDED, mergedPlan } from '../../campaign/gate-plan.ts';
import { readKept } from '../../coordinator/kept-result.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import type { Benchmarks } from '../../verdict/result.ts';
import { type PlannedCampaign, planCampaignFile } from '../campaign-file.ts';
import { Failure } from '../failure.ts';
import { resumeSubject } from '../resume.ts';
import { type Subject, type UndertakingOptions, undertake } from '../run.ts';
import { explained } from '../run-argument.ts';
import { Supervisor } from '../supervise.ts';
import type { GateCampaign, GateRecord } from './record.ts';

/** How a stage ended: with a result, or because the user stopped it. */
export type StageEnd =
  | { readonly kind: 'complete'; readonly benchmarks: Benchmarks }
  | { readonly kind: 'interrupted' };

/** Runs a stage of a gate, or goes on with it; one that is complete is read. Throws a {@link Failure}. */
export async function runStage(
  folder: string,
  record: GateRecord,
  index: number,
  options: UndertakingOptions,
): Promise<StageEnd> {
  const stage = record.stages[index];
  if (stage === undefined) throw new Error(`gate: stage ${index} is not in its record`);
  const runFolder = join(folder, stage.runId);
  const kept = existsSync(runFolder) ? await explained(readKept(runFolder)) : null;
  if (kept !== null && kept.benchmarks.run.state !== 'interrupted')
    return { kind: 'complete', benchmarks: kept.benchmarks };
  const prepare = existsSync(runFolder)
    ? () => resumeSubject(runFolder, { ...options, ...record.allow })
    : () => newSubject(folder, record, index);
  const supervisor = new Supervisor({ spawn, env: process.env, signals: process });
  const ended: { benchmarks: Benchmarks | null } = { benchmarks: null };
  try {
    const quiet = { ...options, results: folder };
    const exitCode = await undertake(prepare, quiet, supervisor, (summary) => {
      ended.benchmarks = summary;
    });
    if (exitCode === EXIT_CODES.interrupted.code || ended.benchmarks === null) return { kind: 'interrupted' };
    return { kind: 'complete', benchmarks: ended.benchmarks };
  } finally {
    await supervisor.dismiss();
  }
}

async function newSubject(folder: string, record: GateRecord, index: number): Promise<Subject> {
  const stage = record.stages[index];
  if (stage === undefined) throw new Error(`gate: stage ${index} is not in its record`);
  const [baseline, candidate] = await planned(record, stage.pairs, index);
  const text = Buffer.concat([baseline.text, Buffer.from('\n---\n'), candidate.text]);
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  const merged = mergedPlan(baseline.plan, candidate.plan, stage.pairs, digest);
  if (!merged.ok) throw new Failure(EXIT_CODES['before-start'].code, merged.problem);
  return { mode: 'new', runId: stage.runId, plan: merged.plan, campaignText: text, resultsDir: folder };
}

/** Both campaigns with the seed of a stage and a trial for every pair. */
export async function planned(
  { baseline, candidate, seed, allow }: Pick<GateRecord, 'baseline' | 'candidate' | 'seed' | 'allow'>,
  pairs: number,
  stage: number,
): Promise<readonly [PlannedCampaign, PlannedCampaign]> {
  const options = {
    set: [`trials=${pairs + DISCARDED}`],
    with: [],
    seed: String(BigInt.asUintN(64, BigInt(seed) + BigInt(stage))),
    ...allow,
  };
  const plan = async (campaign: GateCampaign): Promise<PlannedCampaign> => {
    const found = await planCampaignFile('file' in campaign ? campaign.file : campaign.written, options, 'run');
    if ('file' in campaign && campaign.sha256 !== '') refuseChanged(campaign, found.text);
    return found;
  };
  return [await plan(baseline), await plan(candidate)];
}

function refuseChanged({ file, sha256 }: { readonly file: string; readonly sha256: string }, text: Uint8Array): void {
  if (createHash('sha256').update(text).digest('hex') === sha256) return;
  throw new Failure(
    EXIT_CODES['before-start'].code,
    `${file}: was changed since the gate began, and its pairs would not be alike; expected the same file, or a new gate`,
  );
}
