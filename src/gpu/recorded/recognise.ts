import { appsHeader } from './apps-csv.ts';
import { isCountersRow } from './dcgm-counters.ts';
import { queryHeader } from './query-csv.ts';
import type { Format } from './recording.ts';
import { isSmiListLine } from './smi-list.ts';
import { linesOf } from './text-lines.ts';
import { toolError } from './tool-error.ts';

/** A heading of a capture: a ruler, `# load :: dmon`, perhaps the command, a ruler. */
export const SECTION_HEADING = /^# (\w[\w -]{0,40}) :: (.{1,120})$/;

/** Each format by a line that only it prints; the first that some line fits counts. */
const MARKS: readonly (readonly [Format, (line: string) => boolean])[] = [
  ['capture', (line) => SECTION_HEADING.test(line)],
  ['nvidia-smi-xml', (line) => line.includes('<nvidia_smi_log')],
  ['nvidia-smi-text', (line) => /^=+NVSMI LOG=+$/.test(line.trim())],
  ['dcgm-counters', isCountersRow],
  ['dcgm-exporter', (line) => /^(?:# (?:HELP|TYPE) )?DCGM_\w+/.test(line)],
  ['dcgmi-dmon', (line) => /^\s*#\s*Entity\s+\S/.test(line)],
  ['nvidia-smi-pmon', (line) => /^\s*#.*\bgpu\s+pid\b/.test(line)],
  ['nvidia-smi-dmon', (line) => /^\s*#(?=.*\bgpu\b)(?=.*\b(?:pwr|gtemp|sm|mclk|fb|rxpci)\b)/.test(line)],
  ['nvidia-smi-list', isSmiListLine],
  ['nvidia-smi-apps', (line) => appsHeader(line) !== null],
  ['nvidia-smi-query', (line) => queryHeader(line) !== null],
  ['nvidia-smi-error', (line) => toolError(line) !== null],
];

/** Longer lines are no text of these tools (the longest header of a query has some 8,000 characters). */
const LINE_LIMIT = 40_000;

/** Which tool printed a text, by its marks; null: none that is known. */
export function recognise(text: string): Format | null {
  const lines = linesOf(text).filter(({ length }) => length > 0 && length <= LINE_LIMIT);
  return MARKS.find(([, fits]) => lines.some((line) => fits(line)))?.[0] ?? null;
}
