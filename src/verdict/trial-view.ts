import type { Cell } from '../campaign/plan.ts';
import type { NodeObservation } from '../gpu/observation.ts';
import type { Phase } from '../scenarios/phase.ts';
import { isConstant } from '../scenarios/profile.ts';
import { blocksOf, sumOf } from '../stats/blocks.ts';
import { Tally } from '../stats/tally.ts';
import { NS_PER_S } from '../time/ns.ts';
import { asRun } from './as-run.ts';
import type { SecondEvidence, TrialEvidence } from './evidence.ts';
import type { K6Evidence } from './k6/part.ts';
import { PartFold } from './looks/part-fold.ts';
import type { PhaseView } from './phase-view.ts';
import { steadinessOf } from './steady.ts';
import { isOfMeasure, middleOf, type SealedSecond } from './window/sealed-second.ts';

/** What one trial shows of the phases that are judged together. */
export interface TrialView {
  readonly phases: readonly PhaseView[];
  readonly seconds: readonly SecondEvidence[];
  /** Those that windows are judged on, up to the stop; see {@link TrialEvidence}. */
  readonly sealed: readonly SealedSecond[];
  /** Absent: nothing was observed beside the load. */
  readonly observed?: readonly NodeObservation[];
  readonly keep: SlotFilter;
  /** How much of the trial is in it: all that ran; all until the stop that a look called for; what that look itself saw. */
  readonly sight: 'all' | 'until-stop' | 'until-look';
  /** What only k6 tells, of all measure phases; absent where it did not run the trial. */
  readonly k6?: K6Evidence;
}

/** Says of a slot, by its start and end on the trial's time line, whether it stays in. */
export type SlotFilter = (startNs: number, endNs: number) => boolean;

export const everySlot: SlotFilter = () => true;

/** The measure phases of a trial that had begun before it was stopped. */
export function trialView(planned: Cell, evidence: TrialEvidence, keep: SlotFilter = everySlot): TrialView {
  const cell = asRun(planned, evidence);
  const stopNs = stopOf(evidence);
  const phases = cell.phases.flatMap((phase, index) =>
    phase.purpose === 'measure' && phase.startNs < stopNs ? [phaseView(cell, index, evidence, keep)] : [],
  );
  const sealed = evidence.sealed.filter((second) => isOfMeasure(cell, second) && middleOf(second) < stopNs);
  const sight = evidence.stop?.cause === 'sure' ? 'until-stop' : 'all';
  const { observed, k6 } = evidence;
  return {
    phases,
    seconds: evidence.seconds,
    sealed,
    keep,
    sight,
    ...(observed === undefined ? {} : { observed }),
    ...(k6 === undefined ? {} : { k6 }),
  };
}

/** Any phase of a trial, warm-up included. Without a filter it is added up once: an hour has thousands of slots. */
export function phaseView(cell: Cell, index: number, evidence: TrialEvidence, keep: SlotFilter = everySlot): PhaseView {
  const phase = phaseAt(cell, index);
  const add = evidence.stop?.cause === 'sure' && phase.purpose === 'measure' ? addedUntilStop : addedUp;
  if (keep !== everySlot) return add(cell, index, evidence, keep);
  const known = views.get(evidence) ?? new Map<Phase, PhaseView>();
  const view = known.get(phase) ?? add(cell, index, evidence, keep);
  views.set(evidence, known.set(phase, view));
  return view;
}

function phaseAt({ phases }: Cell, index: number): Phase {
  const phase = phases[index];
  if (phase === undefined) throw new Error(`plan: found no phase ${index}`);
  return phase;
}

/** Phases as added up, for as long as somebody holds the evidence, which nobody changes. */
const views = new WeakMap<TrialEvidence, Map<Phase, PhaseView>>();

/** Of a trial that a look ended: the part that ran, in 20 blocks of its own. */
function addedUntilStop(cell: Cell, index: number, evidence: TrialEvidence, keep: SlotFilter): PhaseView {
  const { startNs, durationNs, slots: planned } = phaseAt(cell, index);
  const slots = evidence.slots[index] ?? [];
  const slotNs = durationNs / planned;
  const fold = new PartFold(cell, index, stopOf(evidence), slots.findLastIndex(({ isEmpty }) => !isEmpty) + 1);
  let kept = 0;
  for (const [slot, tally] of slots.entries()) {
    if (!keep(startNs + slot * slotNs, startNs + (slot + 1) * slotNs)) continue;
    fold.add(slot, tally);
    kept++;
  }
  return fold.view(kept / Math.max(1, slots.length));
}

function addedUp(cell: Cell, index: number, evidence: TrialEvidence, keep: SlotFilter): PhaseView {
  const phase = phaseAt(cell, index);
  const slots = evidence.slots[index] ?? [];
  const limits = slots[0]?.over.length ?? 0;
  const slotNs = phase.durationNs / phase.slots;
  const kept = slots.map((_, slot) => keep(phase.startNs + slot * slotNs, phase.startNs + (slot + 1) * slotNs));
  const left = slots.map((tally, slot) => (kept[slot] ? tally : new Tally(limits)));
  const blocks = blocksOf(left);
  const whole = sumOf(blocks ?? left, limits);
  const wentOn = slots.length > phase.slots;
  const lastedNs = wentOn ? lastedFor(phase, evidence) : phase.durationNs;
  const ranNs = Math.max(0, Math.min(lastedNs, stopOf(evidence) - phase.startNs));
  const share = kept.filter(Boolean).length / Math.max(1, kept.length);
  const atOnce = phase.load.kind === 'atOnce';
  return {
    index,
    phase,
    durationS: (atOnce ? whole.response.maxNs : ranNs * share) / NS_PER_S,
    complete: ranNs === lastedNs,
    whole,
    blocks: hasBounds(phase) && !wentOn ? blocks : null,
    steady: ranNs === lastedNs ? steadinessOf(phase, slots) : null,
  };
}

/** The same trial, only the phase with this index. */
export const onlyPhase = (view: TrialView, index: number): TrialView => ({
  ...view,
  phases: view.phases.filter((phase) => phase.index === index),
});

/** The blocks of a trial that shows one phase with bounds; null where what it shows is a fact of the run. */
export function blocksOfTrial(view: TrialView): readonly Tally[] | null {
  const [only] = view.phases;
  return view.phases.length === 1 && only !== undefined ? only.blocks : null;
}

/** The blocks that figures take their bounds from: of a phase that did not stay as it was, figures describe. */
export const blocksToBound = ({ blocks, steady }: PhaseView): readonly Tally[] | null =>
  steady?.kind === 'not-stationary' ? null : blocks;

/** As {@link blocksOfTrial}, for figures. */
export function blocksToBoundTrial(view: TrialView): readonly Tally[] | null {
  const [only] = view.phases;
  return view.phases.length === 1 && only !== undefined ? blocksToBound(only) : null;
}

export const wholeOf = (views: readonly TrialView[], limits: number): Tally =>
  sumOf(
    views.flatMap((view) => view.phases.map((phase) => phase.whole)),
    limits,
  );

export const durationOf = (views: readonly TrialView[]): number =>
  views.reduce((sum, view) => sum + view.phases.reduce((part, phase) => part + phase.durationS, 0), 0);

/** Of a phase that went on beyond its duration for the requests that it was to hold: until the last one settled. */
const lastedFor = (phase: Phase, { lastSettledNs }: TrialEvidence): number =>
  Math.max(phase.durationNs, (lastSettledNs ?? 0) - phase.startNs);

const stopOf = (evidence: TrialEvidence): number => evidence.stop?.atNs ?? Number.POSITIVE_INFINITY;

/** Bounds belong to constant rates; a closed phase is treated as one, unless it went on beyond its 20 blocks. */
const hasBounds = (phase: Phase): boolean =>
  phase.load.kind === 'closed' || (phase.load.kind === 'open' && isConstant(phase.load.profile));
