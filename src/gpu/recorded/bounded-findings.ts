import type { Finding } from './recording.ts';

/** No recording needs more of one kind of finding to be understood. */
const LIMIT = 20;

/** The first findings of each kind, and how many more there were. */
export function boundedFindings(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map<Finding['code'], number>();
  const kept = findings.filter(({ code }) => {
    const count = (seen.get(code) ?? 0) + 1;
    seen.set(code, count);
    return count <= LIMIT;
  });
  const more = [...seen].filter(([, count]) => count > LIMIT);
  return [
    ...kept,
    ...more.map(([code, count]): Finding => ({ code, sentence: `${count - LIMIT} more like these`, reason: null })),
  ];
}
