import type { Phase } from '../../src/scenarios/phase.ts';
import { stream } from '../../src/scenarios/rng.ts';
import { NS_PER_MS } from '../../src/time/ns.ts';
import { type MadeRequest, request } from './evidence.ts';

/** Poisson arrivals of a constant-rate phase conditioned on their count, milliseconds on the trial's time line. */
export function poissonMs(phase: Phase, seed: string): number[] {
  if (phase.load.kind !== 'open') throw new Error(`${phase.name} has no schedule`);
  const rng = stream(seed, 'arrivals');
  const startMs = phase.startNs / NS_PER_MS;
  const durationMs = phase.durationNs / NS_PER_MS;
  return Array.from({ length: phase.load.count }, () => startMs + rng.next() * durationMs).sort((a, b) => a - b);
}

/** Evenly spaced arrivals of a constant-rate phase, milliseconds. */
export function uniformMs(phase: Phase): number[] {
  if (phase.load.kind !== 'open') throw new Error(`${phase.name} has no schedule`);
  const { count } = phase.load;
  return Array.from({ length: count }, (_, i) => (phase.startNs + (i * phase.durationNs) / count) / NS_PER_MS);
}

/** One queue in front of `places` equal places: every arrival waits for the first free one. */
export function served(
  arrivalsMs: readonly number[],
  serviceMs: (index: number) => number,
  places = 1,
  more: Partial<MadeRequest> = {},
): MadeRequest[] {
  const free = Array.from({ length: places }, () => Number.NEGATIVE_INFINITY);
  return arrivalsMs.map((at, index) => {
    const place = free.indexOf(Math.min(...free));
    const wait = Math.max(0, (free[place] ?? 0) - at);
    const service = serviceMs(index);
    free[place] = at + wait + service;
    return request(at, { wait, service }, { seq: index, ...more });
  });
}
