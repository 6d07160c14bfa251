import type { Phase } from '../scenarios/phase.ts';
import { durationsAt } from '../stats/distribution.ts';
import { plainQuantileNs } from '../stats/percentile.ts';
import { populationOf } from '../stats/population.ts';
import { plus, type Tally } from '../stats/tally.ts';
import { NS_PER_MS, NS_PER_S, ns } from '../time/ns.ts';
import type { SecondEvidence } from '../verdict/evidence.ts';
import type { HostSample, Interval } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { lengthOf, partOf } from '../wire/interval-merge.ts';

/**
 * The series of a trial: one row per second since the start of warm-up, of the whole fleet. Counts stand where they
 * happen, percentiles where the requests were intended: they come from the slots that begin in the second, so a stall
 * shows in the seconds that it delayed. A warm-up has one slot and no percentiles.
 *
 * Of seconds that an agent merged only their sums are known: its counts are spread over them evenly, and they are marked.
 */
export class Seconds {
  readonly #beginNs: number;
  readonly #rows: Row[] = [];

  constructor(phases: readonly Phase[]) {
    this.#beginNs = phases[0]?.startNs ?? 0;
  }

  add(interval: Interval): void {
    const length = lengthOf(interval);
    for (let index = 0; index < length; index++) {
      addPart(this.#rowAt(Number(interval.startNs) + index * NS_PER_S), interval, index, length);
    }
  }

  rows(phases: readonly Phase[], slots: readonly (readonly Tally[])[]): SecondEvidence[] {
    const tallies = this.#talliesBySecond(phases, slots);
    return this.#rows.map((row, index) => {
      const tally = tallies.get(index);
      return {
        atNs: ns(this.#beginNs + index * NS_PER_S),
        ...row,
        ...latenciesOf(tally),
      };
    });
  }

  #talliesBySecond(phases: readonly Phase[], slots: readonly (readonly Tally[])[]): Map<number, Tally> {
    const tallies = new Map<number, Tally>();
    phases.forEach((phase, p) => {
      if (phase.purpose !== 'measure') return;
      const slotNs = phase.durationNs / phase.slots;
      slots[p]?.forEach((slot, s) => {
        const second = this.#indexOf(phase.startNs + s * slotNs);
        const earlier = tallies.get(second);
        tallies.set(second, earlier === undefined ? slot : plus(earlier, slot));
      });
    });
    return tallies;
  }

  /** Instants are whole nanoseconds times small fractions, hence the half nanosecond. */
  #indexOf(atNs: number): number {
    return Math.max(0, Math.floor((atNs - this.#beginNs + 0.5) / NS_PER_S));
  }

  #rowAt(atNs: number): Row {
    const index = this.#indexOf(atNs);
    while (this.#rows.length <= index) this.#rows.push(emptyRow());
    return this.#rows[index] as Row;
  }
}

type Row = {
  -readonly [F in Exclude<
    keyof SecondEvidence,
    'atNs' | 'p50' | 'p95' | 'p99' | 'lagP99' | 'stream' | 'coarse' | 'observed'
  >]: SecondEvidence[F];
} & { coarse?: true };

const emptyRow = (): Row => ({
  offered: 0,
  started: 0,
  achieved: 0,
  failed: 0,
  inFlight: 0,
  steal: null,
  throttledUs: null,
  cpu: null,
  rssBytes: null,
  loopDelayP99Ms: null,
});

/** What falls to one of the `length` seconds of an interval. */
function addPart(row: Row, { phases, inFlight, host }: Interval, index: number, length: number): void {
  for (const { offered, started, achieved, failed } of phases) {
    row.offered += partOf(offered, index, length);
    row.started += partOf(started, index, length);
    row.achieved += partOf(achieved, index, length);
    row.failed += partOf(failed, index, length);
  }
  row.inFlight += Number(inFlight);
  if (length > 1) row.coarse = true;
  if (host !== undefined) addHost(row, host, index, length);
}

function addHost(row: Row, host: HostSample, index: number, length: number): void {
  row.steal = larger(row.steal, host.steal);
  row.cpu = larger(row.cpu, host.cpu);
  const { throttledUs } = host;
  if (throttledUs !== undefined) {
    row.throttledUs = larger(row.throttledUs, partOf(Number(throttledUs), index, length));
  }
  row.rssBytes = larger(row.rssBytes, host.rssBytes);
  row.loopDelayP99Ms = larger(row.loopDelayP99Ms, host.loopDelayP99Ms);
}

/** Null as long as nobody tells. */
const larger = (known: number | null, told: number | bigint | undefined): number | null =>
  told === undefined ? known : Math.max(known ?? 0, Number(told));

/** Null: there is no request, or the rank lies among those at infinity. */
function latenciesOf(tally: Tally | undefined): Pick<SecondEvidence, 'p50' | 'p95' | 'p99' | 'lagP99' | 'stream'> {
  if (tally === undefined) return { p50: null, p95: null, p99: null, lagP99: null };
  const [p50, p95, p99] = durationsAt(populationOf(tally, 'response'), [0.5, 0.95, 0.99]).map(inMs);
  return {
    p50: p50 ?? null,
    p95: p95 ?? null,
    p99: p99 ?? null,
    lagP99: inMs(plainQuantileNs(populationOf(tally, 'lag'), 0.99)),
    ...(tally.stream === null ? {} : { stream: streamOf(tally) }),
  };
}

const streamOf = (tally: Tally): NonNullable<SecondEvidence['stream']> => ({
  firstEventP95: inMs(plainQuantileNs(populationOf(tally, 'firstEvent'), 0.95)),
  betweenEventsP95: inMs(plainQuantileNs(populationOf(tally, 'betweenEvents'), 0.95)),
});

const inMs = (durationNs: number | null): number | null => (durationNs === null ? null : durationNs / NS_PER_MS);
