import { type PhaseArrivals, SAMPLE_DRAWN } from './arrivals.ts';
import { noFiles, type OpenFile } from './byte-reader.ts';
import type { ArrivalCursor, Phase, Share } from './phase.ts';
import { PoissonArrivals } from './poisson.ts';
import { stream } from './rng.ts';
import { Dealer } from './share.ts';
import { phaseStream, type ScheduleContext } from './streams.ts';
import { TraceArrivals } from './trace-arrivals.ts';
import { ArrivalsAtOnce, UniformArrivals } from './uniform.ts';

/**
 * Every arrival of a trial, in order of phases and instants: warm-up included, its instants below zero. `open`: how the
 * file of a trace is read.
 */
export const fleetArrivals = (
  phases: readonly Phase[],
  context: ScheduleContext,
  open: OpenFile = noFiles,
): ArrivalCursor => shareArrivals(phases, { index: 0, of: 1 }, context, open);

/**
 * One agent's arrivals of a trial. The shares of a fleet partition {@link fleetArrivals}, whatever `of`: an arrival
 * keeps its `seq` and its instant. Uniform and at-once phases are striped by index within the phase, Poisson phases and
 * traces dealt at random with exact counts. Closed phases have no schedule and contribute nothing.
 *
 * Making the walk costs a draw per Poisson arrival, and so does every arrival of the fleet that it passes over.
 */
export const shareArrivals = (
  phases: readonly Phase[],
  share: Share,
  context: ScheduleContext,
  open: OpenFile = noFiles,
): ArrivalCursor =>
  new ScheduleWalk(
    phases,
    phases.map((phase) => arrivalsOf(phase, share, context, open)),
  );

/** One agent's arrivals of one phase. */
export function arrivalsOf(
  phase: Phase,
  share: Share,
  context: ScheduleContext,
  open: OpenFile = noFiles,
): PhaseArrivals {
  const { load } = phase;
  const dealerOf = (count: number): Dealer | null =>
    share.of === 1 ? null : new Dealer(count, share, stream(context.seed, phaseStream('shares', context, phase)));
  switch (load.kind) {
    case 'closed':
      return new ArrivalsAtOnce(0, share);
    case 'atOnce':
      return new ArrivalsAtOnce(load.count, share);
    case 'open': {
      if (load.law === 'uniform') return new UniformArrivals(load.profile, load.count, share);
      const gaps = () => stream(context.seed, phaseStream('arrivals', context, phase));
      return new PoissonArrivals(load.profile, load.count, gaps, dealerOf(load.count));
    }
    case 'trace':
      return new TraceArrivals(load, open, dealerOf(load.count));
  }
}

/** Arrivals of a phase over the whole fleet; 0 for a closed phase, whose arrivals follow from its completions. */
export const scheduledIn = (phase: Phase): number => (phase.load.kind === 'closed' ? 0 : phase.load.count);

class ScheduleWalk implements ArrivalCursor {
  phase = 0;
  seq = -1;
  atNs = 0;
  sample = SAMPLE_DRAWN;
  readonly #phases: readonly Phase[];
  readonly #arrivals: readonly PhaseArrivals[];
  #current: PhaseArrivals | undefined;
  #firstSeq = 0;
  #startNs = 0;

  constructor(phases: readonly Phase[], arrivals: readonly PhaseArrivals[]) {
    this.#phases = phases;
    this.#arrivals = arrivals;
    this.#enter(0);
  }

  next(): boolean {
    let current = this.#current;
    while (current !== undefined) {
      if (current.next()) {
        this.seq = this.#firstSeq + current.index;
        this.atNs = this.#startNs + current.atNs;
        this.sample = current.sample;
        return true;
      }
      this.#firstSeq += scheduledIn(this.#phases[this.phase] as Phase);
      current = this.#enter(this.phase + 1);
    }
    return false;
  }

  #enter(index: number): PhaseArrivals | undefined {
    this.#current = this.#arrivals[index];
    if (this.#current === undefined) return undefined;
    this.phase = index;
    this.#startNs = (this.#phases[index] as Phase).startNs;
    return this.#current;
  }
}
