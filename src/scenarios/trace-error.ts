/** A trace that cannot be replayed. The message says where, what was found, and what would be right. */
export class TraceError extends Error {
  /** @param line from 1; null: the file as a whole. */
  constructor(line: number | null, problem: string) {
    super(line === null ? problem : `line ${line}: ${problem}`);
    this.name = 'TraceError';
  }
}

/** Text of a file as it stands in a sentence: short, on one line. */
export function shown(text: string): string {
  const flat = text.replaceAll(/\s+/gu, ' ').trim();
  if (flat === '') return 'nothing';
  return flat.length > 60 ? `${flat.slice(0, 57)}...` : flat;
}
