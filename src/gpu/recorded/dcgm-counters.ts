import { dcgmField } from './dcgm-fields.ts';
import { emptyRecording, type Finding, type Recording } from './recording.ts';
import { linesOf } from './text-lines.ts';

const ROW = /^(DCGM_[A-Z0-9_]{1,80})\s*,\s*(gauge|counter|label|histogram|summary)\s*,/;

export const isCountersRow = (line: string): boolean => ROW.test(line);

/** Activity that says more than utilisation does; without it a slow stretch has no cause that could be named. */
const WANTED = ['activity.sm', 'activity.tensor', 'activity.dram'] as const;

/** Reads the list of fields that dcgm-exporter collects (`etc/default-counters.csv`): no values, but what will come. */
export function readDcgmCounters(text: string): Recording {
  const fields = linesOf(text).flatMap((line) => ROW.exec(line)?.[1] ?? []);
  const metrics = new Set(fields.flatMap((name) => dcgmField(name)?.metric ?? []));
  const lacking = WANTED.filter((metric) => !metrics.has(metric));
  const finding = (sentence: string): Finding => ({ code: 'not-read', sentence, reason: null });
  return {
    ...emptyRecording('dcgm-counters'),
    findings: [
      finding(`the exporter collects ${fields.length} fields, of which are read here: ${[...metrics].join(', ')}`),
      ...(lacking.length === 0 ? [] : [finding(`it does not collect ${lacking.join(', ')}`)]),
    ],
  };
}
