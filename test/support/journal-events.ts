import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJournalRecord, type RunEvent } from '../../src/coordinator/events.ts';
import { FrameReader } from '../../src/wire/framing.ts';
import { resultsOf } from './loadcell.ts';

/** What the journal of the one run below a folder says that happened. */
export function journalEvents(folder: string): readonly RunEvent[] {
  const reader = new FrameReader();
  const records = [...reader.push(readFileSync(join(resultsOf(folder), 'journal', '000001.log')))];
  return records.flatMap((record) => {
    const entry = decodeJournalRecord(record);
    return entry.kind === 'event' ? [entry.timed.event] : [];
  });
}
