import { METRICS, type MetricName } from '../../gpu/metric.ts';
import type { Reading } from '../../gpu/reading.ts';
import { REASON_WORDS } from '../../gpu/recorded/measured.ts';
import { type DeviceFacts, FORMATS, type Recording } from '../../gpu/recorded/recording.ts';
import type { DeviceId, DeviceSample, GpuProcess } from '../../gpu/sample.ts';
import { columns, leftColumns, wrapped } from '../../report/layout.ts';
import { valueText } from './value-text.ts';

const WIDTH = 100;

/** What a recording holds, for a terminal of 100 columns. */
export function recordingText(file: string, recording: Recording): string {
  const { format, driver, cuda, time, devices, processes, findings } = recording;
  const versions = [
    ...(driver === null ? [] : [`driver ${clean(driver)}`]),
    ...(cuda === null ? [] : [`CUDA ${clean(cuda)}`]),
  ];
  const lines = [
    `${file}: ${FORMATS[format]}`,
    ...(versions.length === 0 ? [] : [versions.join(', ')]),
    ...(time.kind === 'none' ? [] : [timeText(time)]),
    ...devices.flatMap((facts) => ['', ...deviceLines(facts, recording.samples)]),
    ...(processes.length === 0 ? [] : ['', 'processes', ...processLines(processes)]),
    ...(findings.length === 0 ? [] : ['', 'mind', ...findings.flatMap(({ sentence }) => indented(clean(sentence)))]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Text of a file that anyone may have sent, without what would move a terminal's cursor. */
const clean = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 2000);

const indented = (text: string): readonly string[] =>
  wrapped(text, WIDTH - 4).map((line, at) => `${at === 0 ? '  ' : '    '}${line}`);

function timeText(time: Exclude<Recording['time'], { kind: 'none' }>): string {
  const zone = time.kind === 'utc' ? 'UTC' : 'local time of that machine, its zone is not told';
  const lasts = time.seconds > 0 ? `, ${time.seconds} s long` : '';
  return `recorded from ${clean(time.first)} (${zone})${lasts}`;
}

function deviceLines(facts: DeviceFacts, samples: readonly DeviceSample[]): readonly string[] {
  const own = samples.filter(({ device }) => device.uuid === facts.device.uuid);
  const told = factsText(facts);
  return [
    headingText(facts.device),
    ...(told === '' ? [] : indented(told)),
    ...(own.length === 0 ? ['  no readings'] : readingLines(own)),
  ];
}

function headingText({ uuid, index, parent, name }: DeviceId): string {
  const place = index === null ? '' : `, index ${index}`;
  const of = parent === null ? '' : `, MIG instance of ${clean(parent)}`;
  return `${clean(uuid)}${name === null ? '' : `, ${clean(name)}`}${place}${of}`;
}

function factsText(facts: DeviceFacts): string {
  const { busId, architecture, vbios, persistence, computeMode, migMode, eccMode, powerLimits } = facts;
  const named = {
    bus: busId,
    architecture,
    VBIOS: vbios,
    persistence,
    'compute mode': computeMode,
    MIG: migMode,
    ECC: eccMode,
  };
  const words = Object.entries(named).flatMap(([name, word]) => (word === null ? [] : [`${name} ${clean(word)}`]));
  const limits = Object.entries(powerLimits).map(([name, reading]) => `${name} power limit ${wattsText(reading)}`);
  return [...words, ...limits].join(', ');
}

const wattsText = (reading: Reading): string =>
  reading.kind === 'number' ? `${reading.value} W` : REASON_WORDS[reading.reason];

/** One line for each metric: its last value; of a series also the lowest, the highest, and how many values there are. */
function readingLines(samples: readonly DeviceSample[]): readonly string[] {
  const names = (Object.keys(METRICS) as MetricName[]).filter((name) =>
    samples.some(({ readings }) => readings[name] !== undefined),
  );
  const rows = names.map((name) =>
    readingRow(
      name,
      samples.flatMap(({ readings }) => readings[name] ?? []),
    ),
  );
  const head = samples.length > 1 ? ['', 'last', 'lowest', 'highest', 'values'] : [];
  const numbers = rows
    .filter(({ reason }) => reason === null)
    .map(({ cells }) => cells.slice(0, samples.length > 1 ? 5 : 2));
  const lacking = rows.flatMap(({ cells, reason }) => (reason === null ? [] : [[cells[0] ?? '', reason]]));
  const table = columns([...(head.length === 0 || numbers.length === 0 ? [] : [head]), ...numbers]);
  return [...table, ...leftColumns(lacking)].map((line) => `  ${line}`);
}

function readingRow(
  name: MetricName,
  readings: readonly Reading[],
): { readonly cells: readonly string[]; readonly reason: string | null } {
  const numbers = readings.flatMap((reading) => (reading.kind === 'number' ? [reading.value] : []));
  const last = numbers.at(-1);
  if (last === undefined) {
    const reasons = readings.flatMap((reading) => (reading.kind === 'missing' ? [REASON_WORDS[reading.reason]] : []));
    return { cells: [name], reason: [...new Set(reasons)].join('; ') };
  }
  // Masks have no order.
  const range = METRICS[name].unit === 'mask' ? ['', ''] : [smallest(numbers), largest(numbers)];
  const values = [last, ...range].map((value) => (typeof value === 'number' ? valueText(name, value) : value));
  const count = numbers.length === readings.length ? `${numbers.length}` : `${numbers.length} of ${readings.length}`;
  return { cells: [name, ...values, count], reason: null };
}

const smallest = (numbers: readonly number[]): number =>
  numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
const largest = (numbers: readonly number[]): number =>
  numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

function processLines(processes: readonly GpuProcess[]): readonly string[] {
  const rows = processes.map(({ device, pid, name, usedBytes, type }) => [
    `${pid}`,
    type,
    usedBytes.kind === 'number'
      ? valueText('memory.used', usedBytes.value)
      : `memory: ${REASON_WORDS[usedBytes.reason]}`,
    clean(device),
    clean(name ?? 'name not told'),
  ]);
  return leftColumns([['pid', 'type', 'memory', 'on', 'name'], ...rows]).map((line) => `  ${line}`);
}
