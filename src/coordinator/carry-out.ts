import { join } from 'node:path';
import type { Engine } from '../engines/engine.ts';
import type { WallClock } from '../time/clock.ts';
import { type ErrorCode, exitCodeOfError } from '../verdict/exit-code.ts';
import { Coordinator } from './coordinator.ts';
import { deadlinesFor } from './fleet-plan.ts';
import type { ProgressEvent } from './progress-events.ts';
import { ResultsError } from './results-error.ts';
import { createResultsFolder, jsonText, writeWhole } from './results-folder.ts';
import { JournalWriter } from './results-journal.ts';
import { isLoopback } from './server.ts';
import type { FromCoordinator, RunRequest } from './supervision.ts';

/** What carrying out a run touches of the world. */
export interface World {
  readonly engine: Engine;
  readonly wall: WallClock;
  /** Nanoseconds of the node's monotonic clock. */
  monotonic(): bigint;
  drawHex(bytes: number): string;
  show(event: ProgressEvent): void;
}

export type Outcome = Extract<FromCoordinator, { kind: 'finished' | 'failed' }>;

/** A run under way: its outcome, and how to stop it early. */
export interface Undertaking {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
  interrupt(signal: string): void;
}

const TOKEN_BYTES = 32;
/** Four commits a second: with 200 agents every further one costs more than the records in it. */
export const COMMIT_MS = 250;

/**
 * Carries out a run from an empty results folder to a judged one: campaign and plan first, then the journal while it
 * lasts, then everything that is computed from them, the manifest last.
 */
export function carryOut(request: RunRequest, world: World): Undertaking {
  const journal = new JournalWriter(join(request.resultsDir, request.runId), { gatherMs: COMMIT_MS });
  const coordinator = coordinatorOf(request, world, journal);
  return {
    outcome: measure(request, world, coordinator, journal).catch(failure),
    interrupt: (signal) => coordinator.interrupt(signal),
  };
}

async function measure(
  { resultsDir, runId, campaignText, plan }: RunRequest,
  world: World,
  coordinator: Coordinator,
  journal: JournalWriter,
): Promise<Outcome> {
  await coordinator.open();
  const folder = join(resultsDir, runId);
  try {
    await createResultsFolder(resultsDir, runId);
    await Promise.all([
      writeWhole(join(folder, 'campaign.yaml'), campaignText),
      writeWhole(join(folder, 'plan.json'), jsonText(plan)),
    ]);
  } catch (error) {
    await coordinator.abandon();
    throw error;
  }
  const end = await coordinator.run().finally(() => journal.close());
  if (end.kind === 'failed') return failed(end.code, end.message);
  world.show({ kind: 'judging' });
  // Loaded when it is needed: nobody waits for the first request meanwhile.
  const { judgeFolder } = await import('./judge-folder.ts');
  const summary = await judgeFolder(folder);
  return { kind: 'finished', folder, verdict: summary.verdict, exitCode: summary.verdict.exitCode, summary };
}

function coordinatorOf(request: RunRequest, world: World, journal: JournalWriter): Coordinator {
  const { runId, plan, source, listen, calibrationMaxAgeS } = request;
  return new Coordinator({
    runId,
    plan,
    source,
    listen,
    calibrationMaxAgeS,
    token: world.drawHex(TOKEN_BYTES),
    deadlines: deadlinesFor(isLoopback(listen.host) ? 'loopback' : 'network'),
    engine: world.engine,
    journal,
    wall: world.wall,
    monotonic: () => world.monotonic(),
    drawHex: (bytes) => world.drawHex(bytes),
    show: (event) => world.show(event),
  });
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
