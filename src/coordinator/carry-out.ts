import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../campaign/plan.ts';
import type { Engine } from '../engines/engine.ts';
import type { WallClock } from '../time/clock.ts';
import { seconds } from '../time/ns.ts';
import { type ErrorCode, exitCodeOfError } from '../verdict/exit-code.ts';
import { Coordinator } from './coordinator.ts';
import type { CoordinatorOptions } from './coordinator-options.ts';
import { type Entrance, entranceAt } from './entrance.ts';
import { type Deadlines, deadlinesFor } from './fleet-plan.ts';
import { type LockContext, lockFolder } from './folder-lock.ts';
import { digestOf } from './plan-file.ts';
import type { ProgressEvent } from './progress-events.ts';
import { finishing, ResultsError } from './results-error.ts';
import { createResultsFolder, jsonText, writeWhole } from './results-folder.ts';
import { JournalWriter } from './results-journal.ts';
import { NOTHING_FOUND } from './searches.ts';
import type { FromCoordinator, RunRequest } from './supervision.ts';
import { type TakenUp, takeUp } from './take-up.ts';
import type { TrialReviewer } from './trial-review.ts';

/** What carrying out a run touches of the world. */
export interface World extends LockContext {
  /** The engine that a run asks for. */
  engineFor(run: RunRequest): Promise<Engine>;
  readonly wall: WallClock;
  /** Nanoseconds of the node's monotonic clock. */
  monotonic(): bigint;
  show(event: ProgressEvent): void;
}

export type Outcome = Extract<FromCoordinator, { kind: 'finished' | 'failed' }>;

/** A run under way: its outcome, and how to stop it early. */
export interface Undertaking {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
  interrupt(signal: string): void;
}

/** Four commits a second: with 200 agents every further one costs more than the records in it. */
export const COMMIT_MS = 250;

/**
 * Carries out a run from an empty results folder to a judged one: campaign and plan first, then the journal while it
 * lasts, then everything that is computed from them, the manifest last. Or takes up one that had ended early, and does
 * the rest.
 */
export function carryOut(request: RunRequest, world: World): Undertaking {
  const watch = new InterruptWatch();
  return {
    outcome: measure(request, world, watch).catch(failure),
    interrupt: (signal) => watch.interrupt(signal),
  };
}

/** Passes an interrupt on to the coordinator, also one that came before there was one. */
class InterruptWatch {
  #coordinator: Coordinator | null = null;
  #signal: string | null = null;

  interrupt(signal: string): void {
    this.#signal ??= signal;
    this.#coordinator?.interrupt(signal);
  }

  coordinates(coordinator: Coordinator): void {
    this.#coordinator = coordinator;
    if (this.#signal !== null) coordinator.interrupt(this.#signal);
  }
}

async function measure(request: RunRequest, world: World, watch: InterruptWatch): Promise<Outcome> {
  const { resultsDir, runId, mode } = request;
  const folder = join(resultsDir, runId);
  let unlock = mode === 'resume' ? await lockFolder(folder, world) : async () => {};
  try {
    const begun = mode === 'resume' ? await takeUp(folder) : null;
    const journal = new JournalWriter(folder, { gatherMs: COMMIT_MS, lastFile: begun?.lastFile ?? 0 });
    const telemetry = new JournalWriter(folder, {
      name: 'telemetry',
      gatherMs: COMMIT_MS,
      lastFile: begun?.lastTelemetryFile ?? 0,
    });
    const metrics = await metricsOf(request);
    const engine = await world.engineFor(request);
    const entrance = await entranceOf(request, world);
    const coordinator = coordinatorOf(request, world, { engine, entrance, journal, telemetry, ...metrics }, begun);
    watch.coordinates(coordinator);
    await coordinator.open();
    try {
      await coordinator.probe();
      if (mode === 'new') {
        await createResultsFolder(resultsDir, runId);
        unlock = await lockFolder(folder, world);
        await writeGiven(folder, request);
      }
    } catch (error) {
      await coordinator.abandon();
      throw error;
    }
    const end = await coordinator.run().finally(() => Promise.all([journal.close(), telemetry.close()]));
    metrics.metrics?.close();
    if (end.kind === 'failed') return failed(end.code, existsSync(folder) ? end.message : whatBecameOf(folder));
    return await judged(folder, world);
  } finally {
    await unlock();
  }
}

/** Loaded where somebody looks. */
async function metricsOf({ metrics: listen, plan }: RunRequest): Promise<Pick<CoordinatorOptions, 'metrics'>> {
  if (listen === undefined) return {};
  const { FleetMetrics } = await import('./fleet-metrics.ts');
  const metrics = new FleetMetrics(plan);
  await metrics.open(listen);
  return { metrics };
}

const writeGiven = (folder: string, { campaignText, plan }: RunRequest): Promise<unknown> =>
  Promise.all([
    writeWhole(join(folder, 'campaign.yaml'), campaignText),
    writeWhole(join(folder, 'plan.json'), jsonText(plan)),
  ]);

async function judged(folder: string, world: World): Promise<Outcome> {
  world.show({ kind: 'judging' });
  // Loaded when it is needed: nobody waits for the first request meanwhile.
  const { judgeFolder } = await import('./judge-folder.ts');
  const summary = await judgeFolder(folder).catch((error: unknown) => {
    throw unjudged(error, folder);
  });
  return { kind: 'finished', folder, verdict: summary.verdict, exitCode: summary.verdict.exitCode, summary };
}

const whatBecameOf = (folder: string): string =>
  `${folder}: was removed while the run wrote into it; what it had recorded is lost`;

/**
 * Why results cannot be computed of what a run has just recorded: its evidence was there when it began, so whatever is wrong
 * with it now came while it lasted.
 */
function unjudged(error: unknown, folder: string): unknown {
  if (!(error instanceof ResultsError)) return error;
  const message = existsSync(folder) ? `${error.message}${finishing(error.cause, folder)}` : whatBecameOf(folder);
  return new ResultsError('evidence-unwritable', message, error);
}

const entranceOf = ({ listen, advertise, runId }: RunRequest, world: World): Promise<Entrance> =>
  entranceAt(
    { listen, advertise: advertise ?? null },
    { runId, nowMs: world.wall.nowMs(), drawHex: (bytes) => world.drawHex(bytes) },
  );

function coordinatorOf(
  request: RunRequest,
  world: World,
  outlets: Pick<CoordinatorOptions, 'engine' | 'entrance' | 'journal' | 'telemetry' | 'metrics'>,
  begun: TakenUp | null,
): Coordinator {
  const { resultsDir, runId, plan, source, filesFolder, calibrationMaxAgeS, deadline } = request;
  return new Coordinator({
    runId,
    plan,
    opening:
      begun === null
        ? { kind: 'run-started', runId, source, planDigest: digestOf(jsonText(plan)) }
        : { kind: 'run-resumed', source },
    left: begun?.left ?? null,
    foundOut: begun?.foundOut ?? NOTHING_FOUND,
    filesFolder,
    deadline,
    calibrationMaxAgeS,
    deadlines: patient(deadlinesFor(outlets.entrance.security === null ? 'loopback' : 'network'), plan),
    ...outlets,
    wall: world.wall,
    monotonic: () => world.monotonic(),
    drawHex: (bytes) => world.drawHex(bytes),
    show: (event) => world.show(event),
    review: reviewer(join(resultsDir, runId), plan),
  });
}

/** A node of a cluster may have to unpack the agent first, from a file system that is busy. */
const patient = (deadlines: Deadlines, { fleet }: Plan): Deadlines =>
  fleet === undefined || fleet.engine === 'local' ? deadlines : { ...deadlines, registrationNs: seconds(300) };

/** The judge is loaded when the first trial is to be reviewed. */
function reviewer(folder: string, plan: Plan): CoordinatorOptions['review'] {
  let loaded: Promise<TrialReviewer> | null = null;
  return async (ref) => {
    loaded ??= import('./trial-review.ts').then((module) => new module.TrialReviewer(folder, plan));
    return (await loaded).review(ref);
  };
}

const failed = (code: ErrorCode, message: string): Outcome => ({
  kind: 'failed',
  code,
  exitCode: exitCodeOfError(code),
  message,
});

function failure(error: unknown): Outcome {
  if (error instanceof ResultsError) return failed(error.code, error.message);
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return failed('own-fault', `the coordinator failed by its own fault: ${what}`);
}
