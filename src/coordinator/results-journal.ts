import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NonEmpty } from '../scenarios/phase.ts';
import { FrameReader, frame } from '../wire/framing.ts';
import { decodeJournalRecord, type JournalEntry } from './events.ts';
import { finishing, ResultsError, refusal } from './results-error.ts';
import { syncFolder } from './results-folder.ts';

/** A file that is appended to; the part of `FileHandle` that the journal needs. */
export interface AppendFile {
  writev(buffers: Uint8Array[]): Promise<{ bytesWritten: number }>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

export interface JournalOptions {
  /** The folder of its files within the results folder. */
  readonly name: 'journal' | 'telemetry';
  /** A file that has grown to this is followed by another. */
  readonly rotateBytes: number;
  /** The disk is asked to sync at most this often: records that come meanwhile share the next sync. */
  readonly gatherMs: number;
  /** Number of the last file that is there already: the next one is the first to be written. */
  readonly lastFile: number;
  /** Makes a new file; fails when it exists. */
  readonly create: (path: string) => Promise<AppendFile>;
}

const DEFAULTS: JournalOptions = {
  name: 'journal',
  rotateBytes: 256 * 1024 * 1024,
  gatherMs: 50,
  lastFile: 0,
  create: async (path) => {
    const file = await open(path, 'ax');
    await syncFolder(dirname(path));
    return file;
  },
};

interface Waiting {
  readonly framed: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends framed records to `<folder>/journal/000001.log` and so on, or to the telemetry's. One writer per folder.
 *
 * Group commit: what comes while the disk syncs is written and synced together, so an append costs no sync of its own
 * and is durable well within a second. After a failed write nothing more is written: every append that is not yet
 * durable, and every later one, rejects with {@link ResultsError} `evidence-unwritable`.
 */
export class JournalWriter {
  readonly #folder: string;
  readonly #options: JournalOptions;
  #waiting: Waiting[] = [];
  #file: AppendFile | null = null;
  #fileBytes = 0;
  /** Number of the latest. */
  #files: number;
  #failure: ResultsError | null = null;
  #closing = false;
  #commits: Promise<void> | null = null;

  constructor(folder: string, options: Partial<JournalOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
    this.#folder = join(folder, this.#options.name);
    this.#files = this.#options.lastFile;
  }

  /** Resolves when the record is on disk; records are on disk in the order of the calls. */
  append(payload: Uint8Array): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#closing) return Promise.reject(new Error('journal: is closed'));
    const durable = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ framed: frame(payload), resolve, reject });
    });
    this.#commits ??= this.#commit();
    return durable;
  }

  /** Resolves when everything appended is on disk. Idempotent. */
  async close(): Promise<void> {
    this.#closing = true;
    while (this.#commits !== null) await this.#commits;
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  /** Runs while records are waiting; at most one at a time. */
  async #commit(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(batch.map(({ framed }) => framed));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#fail(error, batch);
        break;
      }
      if (!this.#closing) await sleep(this.#options.gatherMs);
    }
    this.#commits = null;
  }

  async #write(records: Uint8Array[]): Promise<void> {
    const file = this.#file ?? (await this.#next());
    const bytes = records.reduce((sum, record) => sum + record.length, 0);
    const { bytesWritten } = await file.writev(records);
    if (bytesWritten !== bytes) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
    await file.datasync();
    this.#fileBytes += bytes;
    if (this.#fileBytes < this.#options.rotateBytes) return;
    this.#file = null;
    await file.close();
  }

  async #next(): Promise<AppendFile> {
    this.#files++;
    this.#fileBytes = 0;
    this.#file = await this.#options.create(this.#path());
    return this.#file;
  }

  #fail(error: unknown, batch: readonly Waiting[]): void {
    const why = `${refusal(error, this.#path())}${finishing(error, dirname(this.#folder))}`;
    this.#failure = new ResultsError('evidence-unwritable', why, error);
    for (const { reject } of [...batch, ...this.#waiting]) reject(this.#failure);
    this.#waiting = [];
  }

  #path(): string {
    return join(this.#folder, `${String(this.#files).padStart(6, '0')}.log`);
  }
}

/**
 * The records of a results folder's journal, in order. A record that a crash cut off at the very end, or before the run
 * was taken up again, is left out; anything else that is not whole throws a sentence that names file and place.
 */
export async function* readJournal(folder: string): AsyncGenerator<JournalEntry> {
  for await (const entries of readJournalPieces(folder)) yield* entries;
}

/** As {@link readJournal}, the records of a piece of a file at a time: a turn of the event loop for each costs more than reading it. */
export async function* readJournalPieces(folder: string): AsyncGenerator<readonly JournalEntry[]> {
  let torn: ResultsError | null = null;
  for (const name of (await journalFiles(folder)).sort()) {
    const path = join(folder, 'journal', name);
    const reader = new FrameReader();
    for await (const entries of piecesOf(path, reader)) {
      if (torn !== null && !isResumption(entries[0])) throw torn;
      torn = null;
      yield entries;
    }
    const fault = reader.finish();
    if (fault === null) continue;
    const error = new ResultsError('path', `${path}: ${fault.message}`);
    if (torn !== null || fault.kind !== 'torn') throw torn ?? error;
    torn = error;
  }
}

const PIECE_BYTES = 1 << 20;

async function* piecesOf(path: string, reader: FrameReader): AsyncGenerator<NonEmpty<JournalEntry>> {
  for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES })) {
    const [first, ...others] = [...reader.push(piece as Buffer)].map(decodeJournalRecord);
    if (first !== undefined) yield [first, ...others];
  }
}

const isResumption = (entry: JournalEntry): boolean =>
  entry.kind === 'event' && entry.timed.event.kind === 'run-resumed';

/** Names of the journal's files, in no order. Throws a {@link ResultsError} where there is no journal. */
export async function journalFiles(folder: string): Promise<string[]> {
  try {
    const names = await readdir(join(folder, 'journal'));
    return names.filter((name) => name.endsWith('.log'));
  } catch (error) {
    throw new ResultsError('path', `${folder}: found no journal, expected a results folder with journal/*.log`, error);
  }
}
