import type { MetricName } from '../metric.ts';
import type { Reading } from '../reading.ts';
import type { DeviceSample } from '../sample.ts';
import { boundedFindings } from './bounded-findings.ts';
import { type CivilTime, civilTime, nsBetween } from './civil-time.ts';
import { columnTable, type TableRow } from './column-table.ts';
import { wholeGpu, wholeNumber } from './device.ts';
import { measured } from './measured.ts';
import { bareFacts, emptyRecording, type Recording } from './recording.ts';

/**
 * Columns of `nvidia-smi dmon` (its manual, drivers 450 to 595). `sm` is utilization.gpu under another name, and `fb`
 * counts MiB though its header says MB: the tool divides by 2^20.
 */
const COLUMNS: Readonly<
  Record<string, { readonly metric: MetricName; readonly units: Readonly<Record<string, string>> }>
> = {
  pwr: { metric: 'power.draw', units: { W: 'W' } },
  gtemp: { metric: 'temperature.gpu', units: { C: 'C' } },
  mtemp: { metric: 'temperature.memory', units: { C: 'C' } },
  sm: { metric: 'utilization.gpu', units: { '%': '%' } },
  mem: { metric: 'utilization.memory', units: { '%': '%' } },
  mclk: { metric: 'clock.memory', units: { MHz: 'MHz' } },
  pclk: { metric: 'clock.sm', units: { MHz: 'MHz' } },
  fb: { metric: 'memory.used', units: { MB: 'MiB', MiB: 'MiB' } },
  rxpci: { metric: 'pcie.received', units: { 'MB/s': 'MB/s' } },
  txpci: { metric: 'pcie.sent', units: { 'MB/s': 'MB/s' } },
};

/** Reads `nvidia-smi dmon`. `-` in a column: the GPU, or its MIG mode, does not tell it. */
export function readSmiDmon(text: string): Recording {
  const { rows, findings } = columnTable(text);
  let first: CivilTime | null = null;
  const samples: DeviceSample[] = [];
  for (const row of rows) {
    const index = wholeNumber(row.cells.get('gpu'));
    if (index === null) continue;
    const time = civilTime(stampOf(row));
    first ??= time;
    const atNs = time === null || first === null ? null : nsBetween(first, time);
    samples.push({ source: 'nvidia-smi', device: wholeGpu({ index }), atNs, readings: rowReadings(row) });
  }
  const devices = [...new Map(samples.map(({ device }) => [device.uuid, bareFacts(device)])).values()];
  return {
    ...emptyRecording('nvidia-smi-dmon'),
    time: timeOf(rows, samples),
    devices,
    samples,
    findings: boundedFindings(findings),
  };
}

/** With `-o DT` each row begins with a local date and time. */
function stampOf({ cells }: TableRow): string {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(cells.get('Date') ?? '') ?? [];
  return year === undefined ? '' : `${year}/${month}/${day} ${cells.get('Time') ?? ''}`;
}

function timeOf(rows: readonly TableRow[], samples: readonly DeviceSample[]): Recording['time'] {
  const stamp = rows.map(stampOf).find((text) => civilTime(text) !== null);
  const last = samples.reduce((latest, { atNs }) => Math.max(latest, atNs ?? 0), 0);
  return stamp === undefined ? { kind: 'none' } : { kind: 'local', first: stamp, seconds: last / 1e9 };
}

function rowReadings({ cells, units }: TableRow): DeviceSample['readings'] {
  const readings: Partial<Record<MetricName, Reading>> = {};
  for (const [name, { metric, units: known }] of Object.entries(COLUMNS)) {
    const cell = cells.get(name);
    if (cell === undefined) continue;
    const printed = units.get(name) ?? '';
    // A unit that the column should not have reads as no known unit.
    readings[metric] = measured(cell, metric, Object.hasOwn(known, printed) ? (known[printed] ?? '') : '');
  }
  return readings;
}
