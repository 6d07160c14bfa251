import { NS_PER_S, type Ns, ns } from '../time/ns.ts';
import { breakpointLevels, spikePhases, stressLevels } from './levels.ts';
import type { Phase, PhaseLoad } from './phase.ts';
import { arrivalCount, constantRate, startingRate } from './profile.ts';
import { type ScenarioSpec, WARMUP } from './scenario-spec.ts';
import { constantStretch, openStretch, rampPiece, type Stretch } from './stretch.ts';

/** What the rest of the plan says about a cell's phases. */
export interface PhaseContext {
  /** 0: none. */
  readonly warmupNs: Ns;
  /** Requests that the fleet can have in service: agents x workers. */
  readonly places: number;
}

/**
 * The phases of a scenario, one after the other: the warm-up, if there is one, ends at 0, where the first measure
 * phase starts.
 *
 * @throws RangeError when a spike's peak does not fit into its duration.
 */
export function phasesOf(spec: ScenarioSpec, { warmupNs, places }: PhaseContext): readonly Phase[] {
  const measured = inSequence(stretchesOf(spec));
  const [first] = measured;
  const before = first === undefined ? null : warmup(first, warmupNs, places);
  return before === null ? measured : [before, ...measured];
}

/**
 * The warm-up before a first measure phase: its starting rate and law, or its number in flight; one in flight per place
 * where all load comes at once. Null when it has no length, and before a trace, which says itself when load begins.
 */
export function warmup(first: Phase, durationNs: Ns, places: number): Phase | null {
  if (durationNs === 0) return null;
  const load = warmupLoad(first.load, durationNs, places);
  if (load === null) return null;
  return { name: WARMUP, purpose: 'warmup', startNs: ns(-durationNs), durationNs, load, slots: 1 };
}

function warmupLoad(load: PhaseLoad, durationNs: Ns, places: number): PhaseLoad | null {
  switch (load.kind) {
    case 'closed': {
      const { atLeast: _ofItsOwn, ...same } = load;
      return same;
    }
    case 'trace':
      return null;
    case 'atOnce':
      return { kind: 'closed', inFlight: places, thinkNs: ns(0) };
    case 'open': {
      const profile = constantRate(startingRate(load.profile), durationNs);
      return { kind: 'open', law: load.law, profile, count: arrivalCount(profile) };
    }
  }
}

function stretchesOf(spec: ScenarioSpec): Stretch[] {
  switch (spec.kind) {
    case 'load':
    case 'soak':
    case 'level':
      return [constantStretch(spec.kind, spec.law, spec.rate, spec.durationNs)];
    case 'ramp':
      return [openStretch('ramp', spec.law, [rampPiece(spec.from, spec.to, spec.durationNs)])];
    case 'stress':
      return stressLevels(spec);
    case 'spike':
      return spikePhases(spec);
    case 'breakpoint':
      return breakpointLevels(spec);
    case 'closed':
      return [closedStretch(spec, spec.inFlight, spec.thinkNs)];
    case 'singleStream':
      return [closedStretch(spec, 1, ns(0))];
    case 'multiStream': {
      const stretch = closedStretch(spec, 1, ns(0));
      return [{ ...stretch, load: { ...stretch.load, infers: spec.infers } }];
    }
    case 'offline':
      return [{ name: 'offline', durationNs: ns(0), load: { kind: 'atOnce', count: spec.requests } }];
    case 'trace':
      return [{ name: 'trace', durationNs: spec.durationNs, load: spec.load }];
    case 'phases':
      return spec.phases.map(({ name, from, to, durationNs }, i) =>
        openStretch(name ?? `phase ${i + 1}`, spec.law, [rampPiece(from, to, durationNs)]),
      );
  }
}

type ClosedSpec = Extract<ScenarioSpec, { kind: 'closed' | 'singleStream' | 'multiStream' }>;

const closedStretch = ({ kind, durationNs, atLeast }: ClosedSpec, inFlight: number, thinkNs: Ns) => ({
  name: kind,
  durationNs,
  load: { kind: 'closed' as const, inFlight, thinkNs, ...(atLeast === null ? {} : { atLeast }) },
});

function inSequence(stretches: readonly Stretch[]): readonly Phase[] {
  let startNs = 0;
  return stretches.map(({ name, durationNs, load }): Phase => {
    const phase = {
      name,
      purpose: 'measure' as const,
      startNs: ns(startNs),
      durationNs,
      load,
      slots: slotsOf(durationNs),
    };
    startNs += durationNs;
    return phase;
  });
}

const BLOCKS = 20;

/** 20 k equal slots, the smallest k that makes a slot at most one second; one where all load comes at once. */
const slotsOf = (durationNs: Ns): number =>
  durationNs === 0 ? 1 : BLOCKS * Math.ceil(durationNs / (BLOCKS * NS_PER_S));
