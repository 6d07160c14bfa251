import type { DeviceId } from '../sample.ts';
import { migInstance, wholeGpu, wholeNumber } from './device.ts';
import { bareFacts, emptyRecording, type Recording } from './recording.ts';
import { linesOf } from './text-lines.ts';
import { toolErrors } from './tool-error.ts';

const GPU_LINE = /^GPU (\d{1,4}): (.{1,120}?) \(UUID: ([^()\s]{1,120})\)\s*$/;
const MIG_LINE = /^\s+MIG (\S{1,40})\s+Device\s+(\d{1,4}): \(UUID: ([^()\s]{1,120})\)\s*$/;

/** Reads `nvidia-smi -L`: who the GPUs and MIG instances are, no readings. */
export function readSmiList(text: string): Recording {
  const lines = linesOf(text);
  const devices: DeviceId[] = [];
  let parent: DeviceId | null = null;
  for (const line of lines) {
    const gpu = GPU_LINE.exec(line);
    const mig = MIG_LINE.exec(line);
    if (gpu !== null) {
      parent = wholeGpu({ index: wholeNumber(gpu[1]), name: gpu[2], uuid: gpu[3] });
      devices.push(parent);
    } else if (mig !== null && parent !== null) {
      devices.push(migInstance(parent.uuid, { profile: mig[1], index: wholeNumber(mig[2]), uuid: mig[3] }));
    }
  }
  return { ...emptyRecording('nvidia-smi-list'), devices: devices.map(bareFacts), findings: toolErrors(lines) };
}

export const isSmiListLine = (line: string): boolean => GPU_LINE.test(line);
