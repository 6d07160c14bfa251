import { InverseProfile } from '../inverse.ts';
import type { Phase, Piece, RateProfile } from '../phase.ts';

/** A scenario of k6's `options.scenarios`, as JSON. */
export type K6Executor =
  | {
      readonly executor: 'ramping-arrival-rate';
      readonly startTime: string;
      readonly startRate: number;
      readonly timeUnit: string;
      readonly preAllocatedVUs: number;
      readonly maxVUs: number;
      readonly gracefulStop: string;
      readonly stages: readonly { readonly duration: string; readonly target: number }[];
    }
  | {
      readonly executor: 'constant-vus';
      readonly startTime: string;
      readonly vus: number;
      readonly duration: string;
      readonly gracefulStop: string;
    };

/** Rates of stages are whole numbers per time unit: with this one they keep six decimals per second. */
const UNIT_S = 1_000_000;
/**
 * k6's first tick comes when one arrival has added up, ours at once: a millisecond in which just one adds up lies before
 * the phase, so that tick i falls where L^-1(i) is.
 */
const LEAD_NS = 1e6;
/** The executor goes on at rate zero so that a last tick that comes late still fires. */
const AFTER_S = 5;

/** How much sooner than the trial's first instant its executors begin. */
export const k6LeadNs = LEAD_NS;

/** Name of the k6 scenario of a phase. */
export const executorName = (phase: number): string => `phase_${phase}`;

/**
 * One executor per phase, whose ticks are the uniform arrivals of the phase, exactly as many. Times count from `LEAD_NS`
 * before the first phase. `vus`: of the whole fleet.
 */
export function executorsOf(phases: readonly Phase[], vus: number, drainNs: number): Record<string, K6Executor> {
  const firstNs = phases[0]?.startNs ?? 0;
  return Object.fromEntries(
    phases.map((phase, index) => [executorName(index), executorOf(phase, phase.startNs - firstNs, vus, drainNs)]),
  );
}

function executorOf(phase: Phase, afterNs: number, vus: number, drainNs: number): K6Executor {
  const { load, durationNs } = phase;
  switch (load.kind) {
    case 'open': {
      const pieces = cutShort(load.profile, load.count);
      const startRate = (1e9 / LEAD_NS) * UNIT_S;
      return {
        executor: 'ramping-arrival-rate',
        startTime: duration(afterNs),
        startRate,
        timeUnit: `${UNIT_S}s`,
        preAllocatedVUs: vus,
        maxVUs: vus,
        gracefulStop: duration(drainNs),
        stages: [{ duration: duration(LEAD_NS), target: startRate }, ...pieces.flatMap(stagesOf), ...AFTERWARDS],
      };
    }
    case 'closed':
      return {
        executor: 'constant-vus',
        startTime: duration(afterNs + LEAD_NS),
        vus: load.inFlight,
        duration: duration(durationNs),
        gracefulStop: duration(drainNs),
      };
    default:
      throw new Error(`k6 executor: found a ${phase.load.kind} phase, expected an open or a closed one`);
  }
}

const AFTERWARDS = [
  { duration: '0s', target: 0 },
  { duration: `${AFTER_S}s`, target: 0 },
] as const;

/** A jump to the piece's first rate, and its ramp. */
const stagesOf = ({ from, to, durationNs }: Piece) => [
  { duration: '0s', target: perUnit(from) },
  { duration: duration(durationNs), target: perUnit(to) },
];

const perUnit = (perSecond: number): number => Math.round(perSecond * UNIT_S);

const duration = (ns: number): string => `${Math.max(0, Math.round(ns))}ns`;

/**
 * The profile up to half an arrival past its last one, so that no rounding adds a tick at the end or loses the last: with
 * the one arrival of the lead, the sum then comes to count + 1/2.
 */
function cutShort(profile: RateProfile, count: number): Piece[] {
  const endNs = new InverseProfile(profile).at(count - 0.5);
  const pieces: Piece[] = [];
  let startNs = 0;
  for (const piece of profile) {
    const left = endNs - startNs;
    if (left <= 0) break;
    pieces.push(left >= piece.durationNs ? piece : shortened(piece, left));
    startNs += piece.durationNs;
  }
  return pieces;
}

function shortened(piece: Piece, toNs: number): Piece {
  const { from, to, durationNs } = piece;
  return { from, to: from + ((to - from) * toNs) / durationNs, durationNs: Math.round(toNs) as Piece['durationNs'] };
}
