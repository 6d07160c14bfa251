import type { GpuProcess } from '../sample.ts';
import { told, wholeGpu, wholeNumber } from './device.ts';
import { measuredIn } from './measured.ts';
import { bareFacts, type DeviceFacts, emptyRecording, type Finding, type Recording } from './recording.ts';
import { csvCells, excerpt, linesOf } from './text-lines.ts';
import { toolError } from './tool-error.ts';

export interface AppsHeader {
  readonly names: readonly string[];
  readonly memoryUnit: string;
}

/** Reads the header of `--query-compute-apps`; null: it is none. */
export function appsHeader(line: string): AppsHeader | null {
  const titles = csvCells(line).map((title) => /^(.{1,80}?)(?: \[([^[\]]{1,12})\])?$/.exec(title) ?? []);
  const names = titles.map(([, name]) => (name === 'used_memory' ? 'used_gpu_memory' : (name ?? '')));
  if (!names.includes('pid') || !names.includes('used_gpu_memory')) return null;
  return { names, memoryUnit: titles[names.indexOf('used_gpu_memory')]?.[2] ?? 'MiB' };
}

/** Reads `nvidia-smi --query-compute-apps`: which processes compute on which GPU, with how much of its memory. */
export function readAppsCsv(text: string): Recording {
  const findings: Finding[] = [];
  const devices = new Map<string, DeviceFacts>();
  const processes = new Map<string, GpuProcess>();
  let header: AppsHeader | null = null;
  for (const [at, line] of linesOf(text).entries()) {
    const error = toolError(line);
    const next = appsHeader(line);
    if (line.trim() === '') continue;
    if (error !== null) findings.push(error);
    else if (next !== null) header = next;
    else {
      const row = header === null ? null : appRow(header, line);
      if (row === null) findings.push(oddRow(at + 1, line));
      else {
        devices.set(row.facts.device.uuid, row.facts);
        processes.set(`${row.process.device} ${row.process.pid}`, row.process);
      }
    }
  }
  return {
    ...emptyRecording('nvidia-smi-apps'),
    devices: [...devices.values()],
    processes: [...processes.values()],
    findings,
  };
}

interface AppRow {
  readonly facts: DeviceFacts;
  readonly process: GpuProcess;
}

/** One row under a header; null: it is none. A name may hold commas: it takes what the other columns leave. */
export function appRow({ names, memoryUnit }: AppsHeader, line: string): AppRow | null {
  const cells = csvCells(line);
  const at = names.indexOf('process_name');
  const surplus = cells.length - names.length;
  if (surplus < 0 || (surplus > 0 && at < 0)) return null;
  const aligned = [
    ...cells.slice(0, at),
    cells.slice(at, at + surplus + 1).join(', '),
    ...cells.slice(at + surplus + 1),
  ];
  const row = at < 0 ? cells : aligned;
  const text = (name: string): string | undefined => row[names.indexOf(name)];
  const pid = wholeNumber(text('pid'));
  if (pid === null) return null;
  const device = wholeGpu({ uuid: text('gpu_uuid'), name: told(text('gpu_name')) ?? undefined });
  return {
    facts: { ...bareFacts(device), busId: told(text('gpu_bus_id')) },
    process: {
      device: device.uuid,
      pid,
      name: told(text('process_name')),
      usedBytes: measuredIn(text('used_gpu_memory') ?? '', 'bytes', memoryUnit),
      type: 'compute',
    },
  };
}

export const oddRow = (number: number, line: string): Finding => ({
  code: 'malformed-row',
  sentence: `line ${number}: found "${excerpt(line)}", which does not fit under its header`,
  reason: 'parse_error',
});
