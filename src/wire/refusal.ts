const QUIET: ReadonlySet<string> = new Set(['fenced', 'duplicate', 'run-over']);

/** Whether a refusal is nobody's mistake: another process has the place, or the run is over. */
export const isQuietRefusal = (code: string): boolean => QUIET.has(code);
