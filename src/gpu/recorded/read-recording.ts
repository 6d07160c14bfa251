import { readAppsCsv } from './apps-csv.ts';
import { readCapture } from './capture.ts';
import { readDcgmCounters } from './dcgm-counters.ts';
import { readDcgmExporter } from './dcgm-exporter.ts';
import { readDcgmiDmon } from './dcgmi-dmon.ts';
import { readQueryCsv } from './query-csv.ts';
import { recognise } from './recognise.ts';
import { emptyRecording, type Format, type Recording } from './recording.ts';
import { readSmiDmon } from './smi-dmon.ts';
import { readSmiList } from './smi-list.ts';
import { readSmiPmon } from './smi-pmon.ts';
import { readSmiText } from './smi-text.ts';
import { readSmiXml } from './smi-xml.ts';
import { linesOf } from './text-lines.ts';
import { toolErrors } from './tool-error.ts';

const READERS: Readonly<Record<Exclude<Format, 'capture'>, (text: string) => Recording>> = {
  'nvidia-smi-xml': readSmiXml,
  'nvidia-smi-text': readSmiText,
  'nvidia-smi-list': readSmiList,
  'nvidia-smi-query': readQueryCsv,
  'nvidia-smi-apps': readAppsCsv,
  'nvidia-smi-dmon': readSmiDmon,
  'nvidia-smi-pmon': readSmiPmon,
  'nvidia-smi-error': (text) => ({ ...emptyRecording('nvidia-smi-error'), findings: toolErrors(linesOf(text)) }),
  'dcgm-exporter': readDcgmExporter,
  'dcgm-counters': readDcgmCounters,
  'dcgmi-dmon': readDcgmiDmon,
};

/**
 * Reads the recorded output of a GPU tool, whichever it is. Every reading is a finite number in the unit of its metric or
 * missing with its reason; what does not fit becomes a finding. Never throws. Null: no tool that is known prints this.
 */
export function readRecording(text: string): Recording | null {
  const format = recognise(text);
  if (format === null) return null;
  return format === 'capture' ? readCapture(text, readSection) : READERS[format](text);
}

/** A section of a capture holds no further sections. */
function readSection(text: string): Recording | null {
  const format = recognise(text);
  return format === null || format === 'capture' ? null : READERS[format](text);
}
