/** A time stamp as a calendar and a clock show it, in milliseconds of that calendar since 1970. */
export interface CivilTime {
  readonly ms: number;
  readonly zone: 'utc' | 'local';
}

const SMI = /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})[ T](\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z?)$/;
const LONG = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) +([A-Z][a-z]{2}) +(\d{1,2}) +(\d{1,2}):(\d{2}):(\d{2}) +(\d{4})$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Reads `2023/07/14 10:12:46.483` (nvidia-smi: local time of the machine, zone not told), `2025-09-24T03:48:33.493Z` and
 * `Fri Aug  4 11:44:30 2023`. Null: no time stamp. Only differences of stamps of one recording mean something: the local
 * zone is not told, so that none is assumed.
 */
export function civilTime(text: string): CivilTime | null {
  const smi = SMI.exec(text.trim());
  if (smi !== null) {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = smi.slice(1, 7).map(Number);
    return checked([year, month, day, hour, minute, second], smi[7] ?? '', smi[8] === 'Z' ? 'utc' : 'local');
  }
  const long = LONG.exec(text.trim());
  if (long === null) return null;
  const [day = 0, hour = 0, minute = 0, second = 0, year = 0] = long.slice(2, 7).map(Number);
  return checked([year, MONTHS.indexOf(long[1] ?? '') + 1, day, hour, minute, second], '', 'local');
}

type Parts = readonly [number, number, number, number, number, number];

function checked(parts: Parts, fraction: string, zone: CivilTime['zone']): CivilTime | null {
  const [year, month, day, hour, minute, second] = parts;
  const right = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 && second <= 60;
  if (!right || year < 1970) return null;
  return { ms: Date.UTC(year, month - 1, day, hour, minute, second) + Number(`0.${fraction || '0'}`) * 1000, zone };
}

/** Nanoseconds from one stamp to another of the same recording. */
export const nsBetween = (first: CivilTime, later: CivilTime): number => Math.round((later.ms - first.ms) * 1e6);
