import { open } from 'node:fs/promises';
import { METRICS } from '../../gpu/metric.ts';
import { readRecording } from '../../gpu/recorded/read-recording.ts';
import { FORMATS, type Recording } from '../../gpu/recorded/recording.ts';
import { excerpt, linesOf } from '../../gpu/recorded/text-lines.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { Failure } from '../failure.ts';
import { recordingText } from './recording-text.ts';

const USAGE = EXIT_CODES['before-start'].code;
/** An hour of a node with eight GPUs every 100 ms has about 30 MB. */
const MOST_BYTES = 128 * 2 ** 20;

/** `loadcell gpu --from`. */
export async function showRecording({ from, json }: { readonly from: string; readonly json?: boolean }): Promise<void> {
  const text = decoded(await bytesOf(from));
  const recording = readRecording(text);
  if (recording === null) throw new Failure(USAGE, `--from ${from}: ${unknownText(text)}`);
  process.stdout.write(json === true ? `${recordingJson(recording)}\n` : recordingText(from, recording));
}

const recordingJson = (recording: Recording): string => {
  const read = new Set(recording.samples.flatMap(({ readings }) => Object.keys(readings)));
  const units = Object.entries(METRICS).flatMap(([name, { unit }]) => (read.has(name) ? [[name, unit]] : []));
  return JSON.stringify({ tool: FORMATS[recording.format], units: Object.fromEntries(units), ...recording }, null, 2);
};

function unknownText(text: string): string {
  const lines = linesOf(text);
  const expected =
    'expected the output of nvidia-smi (-q -x, -q, -L, --query-gpu, --query-compute-apps, dmon, pmon), dcgmi dmon or dcgm-exporter';
  if (lines.some((line) => /^\|\s*NVIDIA-SMI \d/.test(line))) {
    return "found nvidia-smi's table, which leaves out and cuts off; expected for example the output of nvidia-smi -q -x";
  }
  const first = lines.find((line) => line.trim() !== '');
  return `found ${first === undefined ? 'no text' : `"${excerpt(first)}"`}, ${expected}`;
}

async function bytesOf(from: string): Promise<Uint8Array> {
  try {
    const file = await open(from);
    try {
      const { size } = await file.stat();
      if (size > MOST_BYTES) throw new Error(`found ${size} bytes, expected at most ${MOST_BYTES}`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new Failure(USAGE, `--from ${from}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** UTF-8, or UTF-16 where a byte order mark says so: what PowerShell's `>` writes. */
function decoded(bytes: Uint8Array): string {
  const marks = [
    ['utf-16le', 0xff, 0xfe],
    ['utf-16be', 0xfe, 0xff],
  ] as const;
  const encoding = marks.find(([, first, second]) => bytes[0] === first && bytes[1] === second)?.[0] ?? 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}
