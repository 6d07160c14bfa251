import type { Cell, Plan } from '../campaign/plan.ts';
import type { TrialEvidence } from '../verdict/evidence.ts';
import { judgeTrial } from '../verdict/judge-trial.ts';
import { levelFinding } from '../verdict/peak/level-finding.ts';
import type { StoredTelemetry } from '../wire/gen/loadcell/v1/telemetry_pb.ts';
import { decodeJournalRecord, type JournalEntry } from './events.ts';
import { EvidenceFold } from './evidence.ts';
import { cellAt } from './fleet-plan.ts';
import { LogTail } from './log-tail.ts';
import type { Review } from './run-state.ts';
import { decodeStoredTelemetry } from './telemetry-log.ts';
import type { TrialRef } from './trial-ref.ts';

/**
 * Judges single attempts of trials while their run lasts, from what the journal holds: as they will be judged when the
 * run is over. Every record is read once, after its trial has ended, so it costs nothing while one is measured.
 */
export class TrialReviewer {
  readonly #plan: Plan;
  readonly #tail: LogTail<JournalEntry>;
  readonly #telemetry: LogTail<StoredTelemetry>;
  readonly #fold: EvidenceFold;

  /** `folder`: the results folder. */
  constructor(folder: string, plan: Plan) {
    this.#plan = plan;
    this.#tail = new LogTail(folder, 'journal', decodeJournalRecord);
    this.#telemetry = new LogTail(folder, 'telemetry', decodeStoredTelemetry);
    this.#fold = new EvidenceFold(plan);
  }

  /** Of an attempt whose end is in the journal, on disk. Never rejects. */
  async review(ref: TrialRef): Promise<Review> {
    try {
      for await (const stored of this.#telemetry.read()) this.#fold.observe(stored);
      for await (const entry of this.#tail.read()) this.#fold.add(entry);
      const cell = cellAt(this.#plan, ref.cell);
      return reviewOf(cell, this.#fold.take(ref));
    } catch (error) {
      return { kind: 'unknown', why: `the trial cannot be judged yet: ${messageOf(error)}` };
    }
  }
}

/** What the judge says of an attempt, as far as the run's life needs it. */
export function reviewOf(cell: Cell, evidence: TrialEvidence): Review {
  const result = judgeTrial(cell, evidence, (agent) => `agent-${agent}`);
  const { verdict } = result;
  if (verdict.kind === 'invalid') return { kind: 'invalid', why: verdict.reasons[0].message };
  const finding = levelFinding(cell, evidence, result);
  return finding === null ? { kind: 'valid' } : { kind: 'level', finding };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
