import type { MissingReason } from '../reading.ts';
import type { Finding } from './recording.ts';

/** Whole lines that nvidia-smi prints instead of its answer, on either stream and with any exit status. */
const LINES: readonly (readonly [RegExp, MissingReason])[] = [
  [/^Unable to determine the device handle for \S.*$/i, 'gpu_lost'],
  [/^.*\bGPU is lost\b.*$/i, 'gpu_lost'],
  [/^Failed to initialize NVML: .*(?:permission).*$/i, 'no_permission'],
  [/^Failed to initialize NVML: .+$/i, 'not_collected'],
  [/^NVIDIA-SMI has failed .*$/i, 'not_collected'],
  [/^NVIDIA-SMI couldn't find libnvidia-ml.*$/i, 'not_collected'],
  [/^No devices were found\.?$/i, 'not_collected'],
  [/^\w+ queries are not supported for Devices? in MIG mode\.?$/i, 'not_supported'],
  [/^.*\brequires? reset\b.*$/i, 'needs_reset'],
];

/** What a line says when it is one of the tool's own errors; null: it is none. A line holds no values then. */
export function toolError(line: string): Finding | null {
  const text = line.trim();
  if (text.length === 0 || text.length > 400 || text.includes(',') || /[<=|{]/.test(text)) return null;
  const reason = LINES.find(([pattern]) => pattern.test(text))?.[1];
  return reason === undefined ? null : { code: 'tool-error', sentence: `the tool printed: ${text}`, reason };
}

export const toolErrors = (lines: readonly string[]): readonly Finding[] =>
  lines.flatMap((line) => toolError(line) ?? []);
