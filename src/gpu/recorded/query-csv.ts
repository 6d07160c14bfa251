import type { MetricName } from '../metric.ts';
import type { Reading } from '../reading.ts';
import type { DeviceSample } from '../sample.ts';
import { boundedFindings } from './bounded-findings.ts';
import { type CivilTime, civilTime, nsBetween } from './civil-time.ts';
import { told, wholeGpu, wholeNumber } from './device.ts';
import { knownUnit, measured, measuredIn } from './measured.ts';
import { type DeviceFacts, emptyRecording, type Finding, type Recording, type RecordingTime } from './recording.ts';
import { type QueryField, queryField } from './smi-fields.ts';
import { csvCells, excerpt, linesOf } from './text-lines.ts';
import { toolError } from './tool-error.ts';

/** A column of `nvidia-smi --query-gpu --format=csv`. */
interface Column {
  readonly name: string;
  readonly field: QueryField | null;
  /** The header's unit, else the field's own. A header's unit that is not known keeps every cell from being read. */
  readonly unit: string;
}

/** The columns of a header; what its stream of rows is read with. */
export interface QueryHeader {
  readonly columns: readonly Column[];
  /** Where the column of a name stands. */
  readonly places: ReadonlyMap<string, number>;
}

/** One row: who it is about, when by its own stamp, what it says. */
export interface QueryRow {
  readonly facts: DeviceFacts;
  readonly stamp: string | undefined;
  readonly time: CivilTime | null;
  readonly readings: DeviceSample['readings'];
  readonly driver: string | null;
}

const INDEX_NAMES: readonly string[] = ['index', 'gpu_index', 'gpu'];
const DEVICE_NAMES: readonly string[] = ['uuid', 'gpu_uuid', ...INDEX_NAMES];

/** Reads the header of `--format=csv` or `--format=csv,nounits`; null: none of its columns is a reading of a GPU. */
export function queryHeader(line: string): QueryHeader | null {
  const columns = csvCells(line).map((title): Column => {
    const [, name = title, header] = /^(.{1,80}?) \[([^[\]]{1,12})\]$/.exec(title) ?? [];
    const field = queryField(name);
    return { name, field, unit: header ?? field?.unit ?? '' };
  });
  // One bare name may stand in any list of names; only with its unit is it a header.
  const headed = columns.length > 1 || line.includes('[');
  return headed && columns.some(({ field }) => field !== null)
    ? { columns, places: new Map(columns.map(({ name }, at) => [name, at])) }
    : null;
}

/** Reads one row under its header; null: it has another number of cells, so that no cell is known to be what it seems. */
export function queryRow(header: QueryHeader, line: string): QueryRow | null {
  const cells = csvCells(line);
  if (cells.length !== header.columns.length) return null;
  const text = (...names: readonly string[]): string | undefined => {
    const name = names.find((candidate) => header.places.has(candidate));
    return name === undefined ? undefined : cells[header.places.get(name) ?? -1];
  };
  const stamp = text('timestamp');
  return {
    facts: rowFacts(text),
    stamp,
    time: stamp === undefined ? null : civilTime(stamp),
    readings: rowReadings(header, cells),
    driver: told(text('driver_version')),
  };
}

type Text = (...names: readonly string[]) => string | undefined;

function rowFacts(text: Text): DeviceFacts {
  const name = told(text('name', 'gpu_name')) ?? undefined;
  const index = wholeNumber(text(...INDEX_NAMES));
  const limits: Partial<Record<keyof DeviceFacts['powerLimits'], Reading>> = {};
  const limitOf = {
    requested: 'power.limit',
    default: 'power.default_limit',
    min: 'power.min_limit',
    max: 'power.max_limit',
  };
  for (const kind of ['requested', 'default', 'min', 'max'] as const) {
    const cell = text(limitOf[kind]);
    if (cell !== undefined) limits[kind] = measuredIn(cell, 'W', 'W');
  }
  return {
    device: wholeGpu({ uuid: text('uuid', 'gpu_uuid'), index, name }),
    gpuInstance: null,
    busId: told(text('pci.bus_id', 'gpu_bus_id')),
    architecture: null,
    vbios: told(text('vbios_version')),
    persistence: told(text('persistence_mode')),
    computeMode: told(text('compute_mode')),
    migMode: told(text('mig.mode.current')),
    eccMode: told(text('ecc.mode.current')),
    powerLimits: limits,
    clockLimits: {},
  };
}

function rowReadings({ columns }: QueryHeader, cells: readonly string[]): DeviceSample['readings'] {
  const readings: Partial<Record<MetricName, Reading>> = {};
  columns.forEach(({ field, unit }, at) => {
    if (field === null) return;
    readings[field.metric] = readings[field.metric] ?? measured(cells[at] ?? '', field.metric, unit);
  });
  return readings;
}

/** What is kept while reading down the rows. */
interface Reader {
  header: QueryHeader | null;
  first: QueryRow | null;
  lastNs: number;
  readonly devices: Map<string, DeviceFacts>;
  readonly samples: DeviceSample[];
  readonly findings: Finding[];
  driver: string | null;
}

/** Reads a query of `nvidia-smi`, one row or a long series; headers may repeat, errors may stand between rows. */
export function readQueryCsv(text: string): Recording {
  const reader: Reader = {
    header: null,
    first: null,
    lastNs: 0,
    devices: new Map(),
    samples: [],
    findings: [],
    driver: null,
  };
  for (const [at, line] of linesOf(text).entries()) readLine(reader, line, at + 1);
  return {
    ...emptyRecording('nvidia-smi-query'),
    driver: reader.driver,
    time: recordingTime(reader),
    devices: [...reader.devices.values()],
    samples: reader.samples,
    findings: boundedFindings(reader.findings),
  };
}

function recordingTime({ first, lastNs }: Reader): RecordingTime {
  const { time = null, stamp } = first ?? {};
  return time === null || stamp === undefined
    ? { kind: 'none' }
    : { kind: time.zone, first: stamp, seconds: lastNs / 1e9 };
}

function readLine(reader: Reader, line: string, number: number): void {
  if (line.trim() === '') return;
  const error = toolError(line);
  if (error !== null) {
    reader.findings.push(error);
    return;
  }
  // A row begins with a number (index, time stamp) or an error in brackets far more often than with a name.
  const header = /^\s*[\d[]/.test(line) ? null : queryHeader(line);
  if (header !== null) {
    takeHeader(reader, header);
    return;
  }
  const row = reader.header === null ? null : queryRow(reader.header, line);
  if (row === null) {
    reader.findings.push({
      code: 'malformed-row',
      sentence: `line ${number}: found "${excerpt(line)}", expected ${reader.header?.columns.length ?? 'a header with several'} cells`,
      reason: 'parse_error',
    });
    return;
  }
  takeRow(reader, row, number);
}

function takeHeader(reader: Reader, header: QueryHeader): void {
  if (reader.header === null && !header.columns.some(({ name }) => DEVICE_NAMES.includes(name))) {
    reader.findings.push({
      code: 'device-not-told',
      sentence: 'no column tells which GPU a row is about (uuid or index): all rows are taken for one GPU',
      reason: null,
    });
  }
  reader.header = header;
  for (const { name, field, unit } of header.columns) {
    if (field !== null && !knownUnit(unit)) {
      reader.findings.push({
        code: 'unknown-unit',
        sentence: `column ${name}: found the unit "${unit}", which is not known`,
        reason: 'parse_error',
      });
    }
  }
}

function takeRow(reader: Reader, row: QueryRow, number: number): void {
  reader.first ??= row;
  reader.driver ??= row.driver;
  if (!reader.devices.has(row.facts.device.uuid)) reader.devices.set(row.facts.device.uuid, row.facts);
  const atNs = instantOf(reader, row);
  if (atNs !== null) {
    if (atNs < reader.lastNs) {
      reader.findings.push({
        code: 'time-backwards',
        sentence: `line ${number}: the time stamp ${row.stamp} lies before the one above it`,
        reason: null,
      });
    }
    reader.lastNs = Math.max(reader.lastNs, atNs);
  }
  reader.samples.push({ source: 'nvidia-smi', device: row.facts.device, atNs, readings: row.readings });
}

function instantOf({ first }: Reader, { time }: QueryRow): number | null {
  const start = first?.time ?? null;
  return start === null || time === null || time.zone !== start.zone ? null : nsBetween(start, time);
}
