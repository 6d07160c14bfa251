import {
  type HostSample,
  type Interval,
  IntervalSchema,
  type PhaseCounts,
  PhaseCountsSchema,
} from '../../wire/gen/loadcell/v1/fleet_pb.ts';
import { tallyToSlot } from '../../wire/interval-codec.ts';
import { create } from '../../wire/protobuf.ts';
import type { TrialSpec } from '../../wire/trial-spec.ts';
import type { SealedInterval } from './sealed-interval.ts';

const whole = (value: number): bigint => BigInt(Math.round(value));
const wholeSpan = (value: number): bigint => BigInt(Math.max(0, Math.round(value)));

/** A sealed interval as it goes over the wire. Copies: the interval may be recycled afterwards. */
export function intervalMessage(spec: TrialSpec, sealed: SealedInterval, host: HostSample): Interval {
  const { closing } = sealed;
  return create(IntervalSchema, {
    cell: spec.cell,
    trial: spec.trial,
    attempt: spec.attempt,
    agent: spec.share.index,
    seq: sealed.seq,
    startNs: whole(sealed.startNs),
    endNs: whole(sealed.endNs),
    slots: sealed.slots.map(({ phase, slot, tally }) => tallyToSlot(phase, slot, tally)),
    phases: phaseCounts(sealed),
    failures: sealed.failures.map((failure) => ({ ...failure, firstNs: whole(failure.firstNs) })),
    slowest: sealed.slowest.map((request) => ({
      seq: BigInt(request.seq),
      sample: request.sample,
      phase: request.phase,
      intendedNs: whole(request.intendedNs),
      waitNs: wholeSpan(request.waitNs),
      lagNs: wholeSpan(request.lagNs),
      serviceNs: wholeSpan(request.serviceNs),
    })),
    inFlight: wholeSpan(sealed.inFlight),
    overdue: [...sealed.overdue.overdue],
    overdueLessLag: [...sealed.overdue.lessLag],
    inFlightS: sealed.inFlightS,
    settledS: sealed.settledS,
    host,
    last: closing !== null,
    ...(closing === null || closing.stoppedNs === null ? {} : { stoppedNs: whole(closing.stoppedNs) }),
    ...(closing === null || closing.lastSettledNs === null ? {} : { lastSettledNs: whole(closing.lastSettledNs) }),
    ...(closing === null || closing.beganLateNs === null ? {} : { beganLateNs: whole(closing.beganLateNs) }),
  });
}

/** Phases with any event; in the last interval also those with something cancelled or left unstarted. */
function phaseCounts({ phases, closing }: SealedInterval): PhaseCounts[] {
  const counts = new Map(phases.map((events) => [events.phase, create(PhaseCountsSchema, events)]));
  closing?.cancelled.forEach((cancelled, phase) => {
    const notStarted = closing.notStartedThoughFree[phase] ?? 0;
    if (cancelled + notStarted === 0) return;
    const known = counts.get(phase) ?? create(PhaseCountsSchema, { phase });
    counts.set(phase, known);
    known.cancelled = BigInt(cancelled);
    known.notStartedThoughFree = notStarted;
  });
  return [...counts.values()];
}
