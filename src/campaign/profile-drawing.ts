import type { Phase, RateProfile } from '../scenarios/phase.ts';
import { NS_PER_S } from '../time/ns.ts';

const LEVELS = '▁▂▃▄▅▆▇█';
const NOTHING = ' ';

/**
 * The offered rate over the phases' time as a row of `width` bars, each the mean over its stretch: a full bar is the
 * highest mean, a stretch without load is blank. Null where no phase has a rate (closed loops, everything at once).
 */
export function drawRate(phases: readonly Phase[], width: number): string | null {
  const first = phases[0];
  const last = phases.at(-1);
  if (first === undefined || last === undefined || !phases.some(({ load }) => load.kind === 'open')) return null;
  const startNs = first.startNs;
  const lengthNs = last.startNs + last.durationNs - startNs;
  const means = Array.from({ length: width }, (_, column) => {
    const from = startNs + (lengthNs * column) / width;
    const to = startNs + (lengthNs * (column + 1)) / width;
    return arrivalsWithin(phases, from, to) / (to - from);
  });
  const highest = Math.max(...means);
  return means.map((mean) => bar(mean / highest)).join('');
}

function bar(share: number): string {
  if (!(share > 0)) return NOTHING;
  return LEVELS[Math.min(LEVELS.length - 1, Math.floor(share * LEVELS.length))] ?? NOTHING;
}

const arrivalsWithin = (phases: readonly Phase[], fromNs: number, toNs: number): number =>
  phases.reduce((sum, { load, startNs }) => {
    return load.kind === 'open' ? sum + integral(load.profile, fromNs - startNs, toNs - startNs) : sum;
  }, 0);

/** Requests that a profile offers between two instants of its own time. */
function integral(profile: RateProfile, fromNs: number, toNs: number): number {
  let sum = 0;
  let pieceStart = 0;
  for (const { from, to, durationNs } of profile) {
    const a = Math.max(fromNs, pieceStart) - pieceStart;
    const b = Math.min(toNs, pieceStart + durationNs) - pieceStart;
    if (b > a) sum += ((from + ((to - from) * (a + b)) / (2 * durationNs)) * (b - a)) / NS_PER_S;
    pieceStart += durationNs;
  }
  return sum;
}
