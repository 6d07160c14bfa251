import { NS_PER_MS, NS_PER_S, NS_PER_US } from '../time/ns.ts';
import { shown, TraceError } from './trace-error.ts';

/** Names of the column of instants, and the nanoseconds of their unit. `at` may also hold ISO 8601 timestamps. */
export const INSTANT_UNITS = { at: NS_PER_S, atMs: NS_PER_MS, atUs: NS_PER_US, atNs: 1 } as const;
export type InstantColumn = keyof typeof INSTANT_UNITS;
export const INSTANT_COLUMNS = Object.keys(INSTANT_UNITS) as readonly InstantColumn[];
export const SAMPLE = 'sample';
export const TARGET = 'target';
export const EXPECTED_INSTANT = `one named ${INSTANT_COLUMNS.slice(0, -1).join(', ')} or ${INSTANT_COLUMNS.at(-1)}`;

/** How the lines of a trace are written; columns are counted from 0, -1 where there is none. */
export type TraceFormat =
  | { readonly kind: 'json' }
  | {
      readonly kind: 'csv';
      /** The first line is no arrival. */
      readonly header: 'named' | 'absent';
      readonly unitNs: number;
      readonly at: number;
      readonly sample: number;
      readonly target: number;
    };

const HEADERLESS = { kind: 'csv', header: 'absent', unitNs: NS_PER_S, at: 0, sample: -1, target: -1 } as const;

/**
 * The format of a trace by its first line: JSON lines where that begins with a brace, a single column of seconds where
 * it begins with a digit, else CSV with a header (RFC 4180), of which all columns but ours are passed over. `line`: its
 * number.
 *
 * @throws TraceError
 */
export function traceFormat(firstLine: string, line: number): TraceFormat {
  const text = firstLine.trim();
  if (text.startsWith('{')) return { kind: 'json' };
  const names = text.split(',').map(unquoted);
  if (/^[\d.+-]/u.test(text)) {
    if (names.length === 1) return HEADERLESS;
    throw new TraceError(line, `found ${names.length} columns without a header, expected one such as at,sample,target`);
  }
  const instants = INSTANT_COLUMNS.filter((name) => names.includes(name));
  const [instant] = instants;
  if (instant === undefined || instants.length > 1) {
    const found = instant === undefined ? `the columns ${shown(names.join(', '))}` : instants.join(' and ');
    throw new TraceError(line, `found ${found}, expected ${EXPECTED_INSTANT}`);
  }
  const twice = [instant, SAMPLE, TARGET].find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice !== undefined) throw new TraceError(line, `found the column ${twice} twice, expected it once`);
  const unitNs = INSTANT_UNITS[instant];
  const [at, sample, target] = [names.indexOf(instant), names.indexOf(SAMPLE), names.indexOf(TARGET)];
  return { kind: 'csv', header: 'named', unitNs, at, sample, target };
}

const unquoted = (field: string): string => field.trim().replace(/^"(.*)"$/u, '$1');
