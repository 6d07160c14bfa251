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
  return `recorded ${lasts === '' ? 'at' : 'from'} ${clean(time.first)} (${zone})${lasts}`;
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

function headingText({ uuid, index, name }: DeviceId): string {
  const place = index === null ? '' : `, index ${index}`;
  return `${clean(uuid)}${name === null ? '' : `, ${clean(name)}`}${place}`;
}

function factsText(facts: DeviceFacts): string {
  const { device, busId, architecture, vbios, persistence, computeMode, migMode, eccMode, powerLimits, clockLimits } =
    facts;
  const named = {
    'MIG instance of': device.parent,
    bus: busId,
    architecture,
    VBIOS: vbios,
    persistence,
    'compute mode': computeMode,
    MIG: migMode,
    ECC: eccMode,
  };
  const words = Object.entries(named).flatMap(([name, word]) => (word === null ? [] : [`${name} ${clean(word)}`]));
  const limits = Object.entries(powerLimits).map(([name, reading]) => `${name} power limit ${inUnit(reading, 'W')}`);
  const clocks = Object.entries(clockLimits).map(([name, reading]) => `${name} clock ${inUnit(reading, 'MHz')}`);
  return [...words, ...limits, ...clocks].join(', ');
}

const inUnit = (reading: Reading, unit: 'W' | 'MHz'): string =>
  reading.kind === 'number' ? `${reading.value} ${unit}` : REASON_WORDS[reading.reason];

/**
 * One line for each metric: its last value; of a series also the lowest, the highest, and how many values there are. Then
 * a line for each that lacks some or all values, with the reasons.
 */
function readingLines(samples: readonly DeviceSample[]): readonly string[] {
  const metrics = readingsByMetric(samples);
  const series = samples.length > 1;
  const numbers = metrics.flatMap(({ name, readings }) => numberRow(name, readings, series ? 5 : 2));
  const head = series && numbers.length > 0 ? [['', 'last', 'lowest', 'highest', 'values']] : [];
  const lacking = metrics.flatMap(({ name, readings }) => lackingRow(name, readings));
  return [...columns([...head, ...numbers]), ...leftColumns(lacking)].map((line) => `  ${line}`);
}

/** The readings of each metric that has some, in the order of the table of metrics. */
function readingsByMetric(
  samples: readonly DeviceSample[],
): readonly { readonly name: MetricName; readonly readings: readonly Reading[] }[] {
  const found = new Map<string, Reading[]>();
  for (const { readings } of samples) {
    for (const [name, reading] of Object.entries(readings)) {
      const list = found.get(name);
      if (list === undefined) found.set(name, [reading]);
      else list.push(reading);
    }
  }
  return (Object.keys(METRICS) as MetricName[]).flatMap((name) => {
    const readings = found.get(name);
    return readings === undefined ? [] : [{ name, readings }];
  });
}

function numberRow(name: MetricName, readings: readonly Reading[], cells: number): readonly (readonly string[])[] {
  const numbers = readings.flatMap((reading) => (reading.kind === 'number' ? [reading.value] : []));
  const last = numbers.at(-1);
  if (last === undefined) return [];
  // Masks have no order.
  const range = METRICS[name].unit === 'mask' ? [] : [smallest(numbers), largest(numbers)];
  const [lowest = '', highest = ''] = range.map((value) => valueText(name, value));
  return [[name, valueText(name, last), lowest, highest, `${numbers.length}`].slice(0, cells)];
}

function lackingRow(name: MetricName, readings: readonly Reading[]): readonly (readonly string[])[] {
  const missing = readings.flatMap((reading) => (reading.kind === 'missing' ? [reading.reason] : []));
  if (missing.length === 0) return [];
  const why = [...new Set(missing)].map((reason) => REASON_WORDS[reason]).join('; ');
  return [[name, missing.length === readings.length ? why : `${missing.length} of ${readings.length}: ${why}`]];
}

const smallest = (numbers: readonly number[]): number =>
  numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
const largest = (numbers: readonly number[]): number =>
  numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

function processLines(processes: readonly GpuProcess[]): readonly string[] {
  const rows = processes.map(({ device, pid, name, usedBytes, type }) => [
    `${pid}`,
    type,
    usedBytes.kind === 'number' ? valueText('memory.used', usedBytes.value) : usedBytes.reason.replaceAll('_', ' '),
    clean(device),
    clean(name ?? 'name not told'),
  ]);
  return leftColumns([['pid', 'type', 'memory', 'on', 'name'], ...rows]).map((line) => `  ${line}`);
}
