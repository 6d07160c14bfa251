import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MetricName } from '../../src/gpu/metric.ts';
import type { MissingReason } from '../../src/gpu/reading.ts';
import { readRecording } from '../../src/gpu/recorded/read-recording.ts';
import type { Recording } from '../../src/gpu/recorded/recording.ts';
import { SHARED } from './tools.ts';

/** A recorded output of a tool. */
export interface RecordedFile {
  readonly name: string;
  readonly text: string;
}

/** The project's own, written by hand. */
export const ownRecordings: readonly RecordedFile[] = filesUnder(
  fileURLToPath(new URL('../gpu-fixtures/', import.meta.url)),
).filter(({ name }) => !name.endsWith('.md'));

/** Recordings of real tools, where a checkout has them beside it; else none. */
export const realRecordings: readonly RecordedFile[] = filesUnder(
  fileURLToPath(new URL('fixtures/gpu/', SHARED)),
).filter(({ name }) => !name.endsWith('.md'));

function filesUnder(folder: string): readonly RecordedFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ name: path.slice(folder.length), text: readFileSync(path, 'utf8') }));
}

/** The recording in a file that must hold one. */
export function recordingOf(files: readonly RecordedFile[], name: string): Recording {
  const file = files.find((candidate) => candidate.name === name);
  const recording = file === undefined ? null : readRecording(file.text);
  if (recording === null) throw new Error(`${name}: no recording`);
  return recording;
}

/** The readings of one sample in short: numbers as they are, missing ones by their reason. */
export function shortReadings(
  recording: Recording,
  at = 0,
): Readonly<Partial<Record<MetricName, number | MissingReason>>> {
  const entries = Object.entries(recording.samples.at(at)?.readings ?? {});
  return Object.fromEntries(
    entries.map(([name, reading]) => [name, reading.kind === 'number' ? reading.value : reading.reason]),
  );
}
