import type { ReadText } from '../wire/read-text.ts';

/** Parsers of the files in which Linux tells what a node is doing, second by second. Pure; what is not there is null. */

/** Busy and all clock ticks of each processor since boot, in order: the lines `cpu0 …` of `/proc/stat`. */
export function parseCores(text: string): readonly { readonly busy: number; readonly all: number }[] {
  return [...text.matchAll(/^cpu\d+ +(.*)$/gm)].map(([, numbers = '']) => {
    const ticks = numbers.split(/ +/).map(Number).slice(0, 8);
    const all = ticks.reduce((sum, count) => sum + count, 0);
    return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0) - (ticks[7] ?? 0), all };
  });
}

/** Context switches of the whole node since boot: `ctxt` of `/proc/stat`. */
export const parseContextSwitches = (text: string): number | null => numberIn(/^ctxt (\d+)$/m, text);

/** Microseconds in which some task was stalled, since boot: `some … total=` of `/proc/pressure/*` (PSI). */
export const parsePressureUs = (text: string): number | null => numberIn(/^some .*total=(\d+)$/m, text);

/** `MemAvailable` of `/proc/meminfo`, bytes. */
export function parseMemoryAvailable(text: string): number | null {
  const kib = numberIn(/^MemAvailable: +(\d+) kB$/m, text);
  return kib === null ? null : kib * 1024;
}

/** Bytes received and sent over all interfaces but the loopback's since boot: `/proc/net/dev`. */
export function parseNetwork(text: string): { readonly received: number; readonly sent: number } | null {
  let received = 0;
  let sent = 0;
  let found = 0;
  for (const [, name, numbers = ''] of text.matchAll(/^\s*([^\s:]+):\s*(.*)$/gm)) {
    const fields = numbers.trim().split(/\s+/).map(Number);
    if (name === 'lo' || fields.length < 9) continue;
    received += fields[0] ?? 0;
    sent += fields[8] ?? 0;
    found++;
  }
  return found === 0 ? null : { received, sent };
}

const numberIn = (pattern: RegExp, text: string): number | null => {
  const digits = pattern.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
};

/** A counter of energy of one CPU package: joules, and where it begins anew. */
export interface PackageCounter {
  readonly joules: number;
  readonly wrapsAt: number;
}

const RAPL = '/sys/class/powercap';
const MOST_PACKAGES = 16;

/** The energy counters of the CPU packages (RAPL), which most nodes show to root alone; empty: none can be read. */
export function packageCounters(read: ReadText): readonly PackageCounter[] {
  const counters: PackageCounter[] = [];
  for (let index = 0; index < MOST_PACKAGES; index++) {
    const folder = `${RAPL}/intel-rapl:${index}`;
    if (!read(`${folder}/name`)?.startsWith('package')) continue;
    const uj = Number(read(`${folder}/energy_uj`) ?? Number.NaN);
    const wrapsAt = Number(read(`${folder}/max_energy_range_uj`) ?? Number.NaN);
    if (Number.isFinite(uj) && Number.isFinite(wrapsAt)) counters.push({ joules: uj / 1e6, wrapsAt: wrapsAt / 1e6 });
  }
  return counters;
}

/** Joules between two readings of the same packages; null: they are not the same. A counter that wrapped goes on. */
export function packageJoules(before: readonly PackageCounter[], now: readonly PackageCounter[]): number | null {
  if (now.length === 0 || before.length !== now.length) return null;
  return now.reduce((sum, counter, place) => {
    const delta = counter.joules - (before[place]?.joules ?? 0);
    return sum + (delta < 0 ? delta + counter.wrapsAt : delta);
  }, 0);
}
