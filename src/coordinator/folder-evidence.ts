import { join } from 'node:path';
import type { Plan } from '../campaign/plan.ts';
import { EvidenceFold, type RunEvidence } from './evidence.ts';
import { LogTail } from './log-tail.ts';
import { ResultsError } from './results-error.ts';
import { readJournalPieces } from './results-journal.ts';
import { decodeStoredTelemetry } from './telemetry-log.ts';

/**
 * What the journal of a results folder holds under its plan. Throws {@link ResultsError}: what the journal's reader
 * refuses, and, with the words of `misfit` before the cause, a journal whose entries the plan does not explain.
 */
export async function readEvidence(folder: string, plan: Plan, misfit: string): Promise<RunEvidence> {
  const fold = new EvidenceFold(plan);
  try {
    for await (const stored of new LogTail(folder, 'telemetry', decodeStoredTelemetry).read()) fold.observe(stored);
    for await (const entries of readJournalPieces(folder)) for (const entry of entries) fold.add(entry);
    return fold.evidence();
  } catch (error) {
    if (error instanceof ResultsError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new ResultsError('path', `${join(folder, 'journal')}: ${misfit}: ${why}`, error);
  }
}
