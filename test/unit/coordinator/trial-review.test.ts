import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeJournalRecord, encodeEvent, type RunEvent } from '../../../src/coordinator/events.ts';
import { EvidenceFold } from '../../../src/coordinator/evidence.ts';
import { JournalWriter } from '../../../src/coordinator/results-journal.ts';
import { TrialReviewer } from '../../../src/coordinator/trial-review.ts';
import { ns } from '../../../src/time/ns.ts';
import { judgeTrial } from '../../../src/verdict/judge-trial.ts';
import { sampleCell, sampleJournal, samplePlan } from '../../support/run-journal.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loadcell-review-'));
  await mkdir(join(folder, 'journal'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ref = { cell: 0, trial: 1, attempt: 1 };
const isInterval = (record: Uint8Array): boolean => decodeJournalRecord(record).kind === 'interval';

async function written(journal: JournalWriter, records: readonly Uint8Array[]): Promise<void> {
  await Promise.all(records.map((record) => journal.append(record)));
}

test('a trial is reviewed as it will be judged, and an invalid one with its first reason', async () => {
  const journal = new JournalWriter(folder, { gatherMs: 0 });
  const sound = sampleJournal();
  await written(journal, sound);
  const reviewer = new TrialReviewer(folder, samplePlan);
  expect(await reviewer.review(ref)).toEqual({ kind: 'valid' });

  const again: RunEvent[] = [
    { kind: 'trial-started', ...ref, attempt: 2, zeroWall: '2026-11-22T05:19:00.000Z', spreadMs: 0.1 },
    {
      kind: 'fault',
      agent: 1,
      code: 'runner-died',
      message: 'the runner was ended by SIGKILL',
      during: { ...ref, attempt: 2 },
    },
    { kind: 'trial-ended', ...ref, attempt: 2, stop: { atNs: ns(1e9), cause: 'fault' } },
  ];
  await written(
    journal,
    again.map((event) => encodeEvent({ atNs: ns(0), wall: '2026-11-22T05:19:01.000Z', event })),
  );
  await journal.close();
  expect(await reviewer.review({ ...ref, attempt: 2 })).toEqual({
    kind: 'invalid',
    why: 'the runner was ended by SIGKILL.',
  });
});

test('a trial without an interval of its own is reviewed as the judge sees it', async () => {
  const records = sampleJournal();
  const lossy = records.toSpliced(records.findIndex(isInterval), 1);
  const journal = new JournalWriter(folder, { gatherMs: 0 });
  await written(journal, lossy);
  await journal.close();
  const fold = new EvidenceFold(samplePlan);
  for (const record of lossy) fold.add(decodeJournalRecord(record));
  const [trial] = fold.evidence().trials;
  if (trial === undefined) throw new Error('the sample has a trial');
  const { verdict } = judgeTrial(sampleCell, trial, (agent) => `agent-${agent}`);
  expect(verdict.kind).toBe('invalid');
  const reviewer = new TrialReviewer(folder, samplePlan);
  expect(await reviewer.review(ref)).toEqual({ kind: 'invalid', why: verdict.reasons[0]?.message });
});

test('evidence that cannot be read is no verdict', async () => {
  const reviewer = new TrialReviewer(join(folder, 'none'), samplePlan);
  expect(await reviewer.review(ref)).toMatchObject({
    kind: 'unknown',
    why: expect.stringContaining('cannot be judged'),
  });
});
