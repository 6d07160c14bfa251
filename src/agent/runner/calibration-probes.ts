import type { Histogram } from '../../stats/histogram.ts';
import type { Tally } from '../../stats/tally.ts';
import type { Ns } from '../../time/ns.ts';
import type { Calibration, CalibrationSpec } from '../../wire/calibration.ts';
import { STALL_LOAD, subjectOf } from './calibration-subject.ts';
import { type ProbeLoad, type ProbeSubject, probe } from './probe.ts';

/** One driver held against what is known. Each takes some seconds and all of the agent's workers. */
export interface Probes {
  readonly facts: Pick<Calibration, 'k6'>;
  /** What {@link served} takes. */
  readonly serviceNs: Ns;
  /** Against what answers at once. */
  prompt(): Promise<Promptness>;
  /** Response times of the known stall. */
  stalled(): Promise<Tally>;
  served(): Promise<Tally>;
  close(): void;
}

export interface Promptness {
  readonly ceilingPerSecond: number;
  /** At 1,000/s; null: the driver records none. */
  readonly lag: Histogram | null;
  /** Service times that are the driver's own; null: not asked for. */
  readonly floor: Histogram | null;
}

const LAG_LOAD: ProbeLoad = { rate: 1000, forS: 2 };
/** More than one agent reaches: what is achieved in that second is the ceiling. */
const CEILING_LOAD: ProbeLoad = { rate: 2_000_000, forS: 1 };
const CEILING_SECOND = LAG_LOAD.forS;
/** The known answers do not depend on the number of workers, and starting many takes time. */
const CHECKED_WORKERS = 4;

/** The built-in drivers: against the null and sleep targets in process, else against a canned responder. */
export async function ownProbes(spec: CalibrationSpec, workerFile: string): Promise<Probes> {
  const { prompt, stalling, serving, close } = await subjectOf(spec);
  const tallyOf = async (subject: ProbeSubject, load: ProbeLoad): Promise<Tally> => {
    const seen = await probe(spec, { subject, loads: [load], mostWorkers: CHECKED_WORKERS }, workerFile);
    return seen.tallies[0] as Tally;
  };
  return {
    facts: {},
    serviceNs: serving.serviceNs,
    async prompt() {
      const loads = [LAG_LOAD, CEILING_LOAD];
      const seen = await probe(spec, { subject: prompt, loads, mostWorkers: spec.workers }, workerFile);
      const { lag } = seen.tallies[0] as Tally;
      return { ceilingPerSecond: seen.achieved[CEILING_SECOND] ?? 0, lag, floor: null };
    },
    stalled: () => tallyOf(stalling, STALL_LOAD),
    served: () => tallyOf(serving, serving.load),
    close,
  };
}
