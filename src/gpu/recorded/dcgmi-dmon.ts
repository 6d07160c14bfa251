import type { MetricName } from '../metric.ts';
import type { Reading } from '../reading.ts';
import type { DeviceId, DeviceSample } from '../sample.ts';
import { oddRow } from './apps-csv.ts';
import { boundedFindings } from './bounded-findings.ts';
import { type DcgmField, dcgmColumn } from './dcgm-fields.ts';
import { dcgmValue } from './dcgm-value.ts';
import { wholeGpu, wholeNumber } from './device.ts';
import { bareFacts, emptyRecording, type Finding, type Recording } from './recording.ts';
import { linesOf, wordsOf } from './text-lines.ts';

const HEADER = /^\s*#\s*Entity\s+\S/;
const ROW = /^\s*(GPU|GPU-I) (\d{1,5})\s+(\S.*)$/;

/**
 * Reads `dcgmi dmon`: `#Entity  SMACT  TENSO` and rows such as `GPU 0  0.512  0.310`. Entities other than GPUs and their
 * instances are left out; a column whose short name is not known is named in a finding, never guessed.
 */
export function readDcgmiDmon(text: string): Recording {
  const findings: Finding[] = [];
  const samples: DeviceSample[] = [];
  const unread = new Set<string>();
  let columns: readonly (DcgmField | null)[] | null = null;
  for (const [at, line] of linesOf(text).entries()) {
    if (line.trim() === '' || /^\s*(?:ID|Id)\b/.test(line)) continue;
    if (HEADER.test(line)) columns = headerColumns(line, unread);
    else {
      const sample = columns === null ? null : rowSample(columns, line);
      if (sample === null) findings.push(oddRow(at + 1, line));
      else samples.push(sample);
    }
  }
  const devices = [...new Map(samples.map(({ device }) => [device.uuid, bareFacts(device)])).values()];
  const left: readonly Finding[] =
    unread.size === 0
      ? []
      : [{ code: 'not-read', sentence: `columns that are not read: ${[...unread].sort().join(', ')}`, reason: null }];
  return { ...emptyRecording('dcgmi-dmon'), devices, samples, findings: boundedFindings([...findings, ...left]) };
}

function headerColumns(line: string, unread: Set<string>): readonly (DcgmField | null)[] {
  return wordsOf(line.replace('#', ' '))
    .slice(1)
    .map((name) => {
      const field = dcgmColumn(name);
      if (field === null) unread.add(name);
      return field;
    });
}

function rowSample(columns: readonly (DcgmField | null)[], line: string): DeviceSample | null {
  const [, kind, number, rest] = ROW.exec(line) ?? [];
  const index = wholeNumber(number);
  if (index === null || rest === undefined) return null;
  const cells = wordsOf(rest);
  if (cells.length !== columns.length) return null;
  const readings: Partial<Record<MetricName, Reading>> = {};
  for (const [at, field] of columns.entries()) {
    if (field !== null) readings[field.metric] = dcgmValue(cells[at] ?? '', field);
  }
  return { source: 'dcgmi', device: kind === 'GPU' ? wholeGpu({ index }) : instance(index), atNs: null, readings };
}

/** DCGM counts instances over all GPUs and does not tell here which GPU one is cut from. */
const instance = (index: number): DeviceId => ({
  uuid: `MIG-index:?/${index}`,
  index,
  parent: 'index:?',
  name: null,
});
