import type { DeviceId, GpuProcess } from '../sample.ts';
import { boundedFindings } from './bounded-findings.ts';
import { SECTION_HEADING } from './recognise.ts';
import { bareFacts, type DeviceFacts, emptyRecording, type Finding, type Recording } from './recording.ts';
import { linesOf } from './text-lines.ts';

interface Section {
  readonly title: string;
  readonly lines: string[];
}

/**
 * Reads a capture: outputs of several tools, each under a heading `# load :: dmon` between rulers. A MIG instance that
 * one section names by its place and `-L` by its UUID carries that UUID in all.
 */
export function readCapture(text: string, readSection: (text: string) => Recording | null): Recording {
  const read = sectionsOf(text).map(({ title, lines }) => ({ title, recording: readSection(lines.join('\n')) }));
  const known = read.flatMap(({ title, recording }) => (recording === null ? [] : [{ title, recording }]));
  const recordings = known.map(({ recording }) => recording);
  const uuids = listedDevices(recordings);
  const named = (device: DeviceId): DeviceId => renamed(device, uuids);
  const skipped = read.filter(({ recording }) => recording === null).map(({ title }) => title);
  return {
    ...emptyRecording('capture'),
    driver: recordings.map(({ driver }) => driver).find((driver) => driver !== null) ?? null,
    cuda: recordings.map(({ cuda }) => cuda).find((cuda) => cuda !== null) ?? null,
    devices: mergedDevices(
      recordings.flatMap(({ devices }) => devices.map((facts) => ({ ...facts, device: named(facts.device) }))),
    ),
    samples: recordings.flatMap(({ samples }) =>
      samples.map((sample) => ({ ...sample, device: named(sample.device), atNs: null })),
    ),
    processes: mergedProcesses(
      recordings.flatMap(({ processes }) =>
        processes.map((process) => ({ ...process, device: uuids.get(process.device)?.uuid ?? process.device })),
      ),
    ),
    findings: boundedFindings([
      ...known.flatMap(({ title, recording }) =>
        recording.findings.map((finding): Finding => ({ ...finding, sentence: `${title}: ${finding.sentence}` })),
      ),
      ...(skipped.length === 0
        ? []
        : [{ code: 'not-read', sentence: `sections that are not read: ${skipped.join('; ')}`, reason: null } as const]),
    ]),
  };
}

function sectionsOf(text: string): readonly Section[] {
  const sections: Section[] = [];
  let heading = false;
  for (const line of linesOf(text)) {
    const title = SECTION_HEADING.exec(line);
    if (title !== null) {
      sections.push({ title: `${title[1]}, ${title[2]}`, lines: [] });
      heading = true;
    } else if (/^#{20,}$/.test(line)) heading = false;
    else if (!heading) sections.at(-1)?.lines.push(line);
  }
  return sections;
}

/** The UUID and name that `-L` gives a GPU or a MIG instance, by the name that other outputs give it. */
function listedDevices(recordings: readonly Recording[]): ReadonlyMap<string, DeviceId> {
  const listed = recordings.filter(({ format }) => format === 'nvidia-smi-list').flatMap(({ devices }) => devices);
  const byPlace = new Map(listed.map(({ device }) => [`${device.parent} ${device.index}`, device]));
  const uuids = new Map<string, DeviceId>();
  for (const { devices } of recordings) {
    for (const { device } of devices) {
      const other = byPlace.get(`${device.parent} ${device.index}`);
      const unnamed = device.parent !== null || device.uuid.startsWith('index:');
      if (unnamed && device.index !== null && other !== undefined) uuids.set(device.uuid, other);
    }
  }
  return uuids;
}

const renamed = (device: DeviceId, uuids: ReadonlyMap<string, DeviceId>): DeviceId => uuids.get(device.uuid) ?? device;

/** Each process once: under its MIG instance where a section tells it, and with its memory where one does. */
function mergedProcesses(all: readonly GpuProcess[]): readonly GpuProcess[] {
  const worth = ({ device, usedBytes }: GpuProcess): number =>
    (device.startsWith('MIG-') ? 2 : 0) + (usedBytes.kind === 'number' ? 1 : 0);
  const best = new Map<number, number>();
  for (const process of all) best.set(process.pid, Math.max(worth(process), best.get(process.pid) ?? 0));
  const kept = all.filter((process) => worth(process) === best.get(process.pid));
  return [...new Map(kept.map((process) => [`${process.device} ${process.pid}`, process])).values()];
}

/** What all sections tell of a device; of what two tell differently the first counts. */
function mergedDevices(all: readonly DeviceFacts[]): readonly DeviceFacts[] {
  const merged = new Map<string, DeviceFacts>();
  for (const facts of all) {
    const before = merged.get(facts.device.uuid) ?? bareFacts(facts.device);
    merged.set(facts.device.uuid, {
      device: {
        ...before.device,
        index: before.device.index ?? facts.device.index,
        name: before.device.name ?? facts.device.name,
      },
      gpuInstance: before.gpuInstance ?? facts.gpuInstance,
      busId: before.busId ?? facts.busId,
      architecture: before.architecture ?? facts.architecture,
      vbios: before.vbios ?? facts.vbios,
      persistence: before.persistence ?? facts.persistence,
      computeMode: before.computeMode ?? facts.computeMode,
      migMode: before.migMode ?? facts.migMode,
      eccMode: before.eccMode ?? facts.eccMode,
      powerLimits: { ...facts.powerLimits, ...before.powerLimits },
      clockLimits: { ...facts.clockLimits, ...before.clockLimits },
    });
  }
  return [...merged.values()];
}
