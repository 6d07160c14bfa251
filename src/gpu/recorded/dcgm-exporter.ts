import { METRICS, type MetricName } from '../metric.ts';
import type { Reading } from '../reading.ts';
import type { DeviceId, DeviceSample } from '../sample.ts';
import { boundedFindings } from './bounded-findings.ts';
import { dcgmField } from './dcgm-fields.ts';
import { dcgmValue } from './dcgm-value.ts';
import { migInstance, told, wholeGpu, wholeNumber } from './device.ts';
import { type ExpositionSample, expositionSample, expositionType } from './exposition.ts';
import { bareFacts, type DeviceFacts, emptyRecording, type Finding, type Recording } from './recording.ts';
import { excerpt, linesOf } from './text-lines.ts';

interface Growing {
  readonly facts: DeviceFacts;
  readonly readings: Map<MetricName, Reading>;
}

interface Reader {
  readonly types: Map<string, string>;
  readonly devices: Map<string, Growing>;
  readonly findings: Finding[];
  /** Fields of DCGM that are no metric here. */
  readonly unread: Set<string>;
  driver: string | null;
}

/**
 * Reads a scrape of dcgm-exporter, with or without its HELP and TYPE lines. A line with `GPU_I_ID` is about a MIG
 * instance of the GPU whose UUID it carries.
 */
export function readDcgmExporter(text: string): Recording {
  const reader: Reader = { types: new Map(), devices: new Map(), findings: [], unread: new Set(), driver: null };
  for (const [at, line] of linesOf(text).entries()) readLine(reader, line, at + 1);
  const samples = [...reader.devices.values()].map(
    ({ facts, readings }): DeviceSample => ({
      source: 'dcgm-exporter',
      device: facts.device,
      atNs: null,
      readings: Object.fromEntries(readings),
    }),
  );
  return {
    ...emptyRecording('dcgm-exporter'),
    driver: reader.driver,
    devices: [...reader.devices.values()].map(({ facts }) => facts),
    samples,
    findings: boundedFindings([...reader.findings, ...unreadFinding(reader)]),
  };
}

function readLine(reader: Reader, line: string, number: number): void {
  if (line.trim() === '') return;
  if (line.startsWith('#')) {
    const type = expositionType(line);
    if (type !== null) reader.types.set(type.name, type.type);
    return;
  }
  const sample = expositionSample(line);
  if (sample === null) {
    reader.findings.push({
      code: 'malformed-row',
      sentence: `line ${number}: found "${excerpt(line)}", expected a name, labels in braces and a value`,
      reason: 'parse_error',
    });
  } else if (sample.name.startsWith('DCGM_')) takeSample(reader, sample, number);
}

function takeSample(reader: Reader, sample: ExpositionSample, number: number): void {
  const labels = plainLabels(sample.labels);
  const device = deviceOf(labels);
  reader.driver ??= told(labels.get('dcgmfidriverversion') ?? labels.get('dcgmfisystemdriverversion'));
  const growing = reader.devices.get(device.uuid) ?? {
    facts: { ...bareFacts(device), busId: told(labels.get('pcibusid')) },
    readings: new Map<MetricName, Reading>(),
  };
  reader.devices.set(device.uuid, growing);
  const field = dcgmField(sample.name);
  if (field === null) {
    reader.unread.add(sample.name);
    return;
  }
  if (METRICS[field.metric].unit === 'bytes/s' && reader.types.get(sample.name) === 'counter') {
    reader.findings.push({
      code: 'not-read',
      sentence: `line ${number}: ${sample.name} is a counter here, and one value of it is no rate`,
      reason: 'not_collected',
    });
    return;
  }
  takeReading({ reader, growing, number }, field.metric, dcgmValue(sample.value, field));
}

interface Place {
  readonly reader: Reader;
  readonly growing: Growing;
  readonly number: number;
}

/** A GPU that pods share is printed once for each; where the lines differ the first counts. */
function takeReading({ reader, growing, number }: Place, metric: MetricName, reading: Reading): void {
  const before = growing.readings.get(metric);
  if (before === undefined) growing.readings.set(metric, reading);
  else if (JSON.stringify(before) !== JSON.stringify(reading)) {
    reader.findings.push({
      code: 'duplicate',
      sentence: `line ${number}: a second value of ${metric} for ${growing.facts.device.uuid}; the first counts`,
      reason: null,
    });
  }
}

/** Labels by name without underscores and case: exporter 4.8 and 4.9 changed both. */
const plainLabels = (labels: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
  new Map([...labels].map(([name, value]) => [name.replaceAll('_', '').toLowerCase(), value]));

function deviceOf(labels: ReadonlyMap<string, string>): DeviceId {
  const gpu = wholeGpu({
    uuid: labels.get('uuid'),
    index: wholeNumber(labels.get('gpu')),
    name: told(labels.get('modelname')) ?? undefined,
  });
  const gpuInstance = labels.get('gpuiid');
  if (gpuInstance === undefined || gpuInstance === '') return gpu;
  return migInstance(gpu.uuid, { gpuInstance, profile: told(labels.get('gpuiprofile')) ?? undefined });
}

const unreadFinding = ({ unread }: Reader): readonly Finding[] =>
  unread.size === 0
    ? []
    : [{ code: 'not-read', sentence: `fields that are not read: ${[...unread].sort().join(', ')}`, reason: null }];
