import { missing } from '../reading.ts';
import type { GpuProcess } from '../sample.ts';
import { boundedFindings } from './bounded-findings.ts';
import { columnTable, type TableRow } from './column-table.ts';
import { told, wholeGpu, wholeNumber } from './device.ts';
import { measuredIn } from './measured.ts';
import { bareFacts, emptyRecording, type Recording } from './recording.ts';
import { processType } from './smi-layout.ts';

/** Reads `nvidia-smi pmon`: the processes that it saw, each once, with its last word on memory (`-s m`). */
export function readSmiPmon(text: string): Recording {
  const { rows, findings } = columnTable(text);
  const processes = new Map<string, GpuProcess>();
  const devices = new Map<number, ReturnType<typeof wholeGpu>>();
  for (const row of rows) {
    const index = wholeNumber(row.cells.get('gpu'));
    if (index === null) continue;
    const device = wholeGpu({ index });
    devices.set(index, device);
    const process = rowProcess(row, device.uuid);
    if (process !== null) processes.set(`${process.device} ${process.pid}`, process);
  }
  return {
    ...emptyRecording('nvidia-smi-pmon'),
    devices: [...devices.values()].map(bareFacts),
    processes: [...processes.values()],
    findings: boundedFindings(findings),
  };
}

/** A row without a process (`-`) says that the GPU had none. */
function rowProcess({ cells, units }: TableRow, device: string): GpuProcess | null {
  const pid = wholeNumber(cells.get('pid'));
  if (pid === null) return null;
  const memory = cells.get('fb');
  // The column counts MiB though its header says MB.
  const unit = units.get('fb') === 'MB' ? 'MiB' : '';
  return {
    device,
    pid,
    name: told(cells.get('command')),
    usedBytes: memory === undefined ? missing('not_collected') : measuredIn(memory, 'bytes', unit),
    type: processType(cells.get('type')),
  };
}
