import { nearestRank } from '../../stats/histogram.ts';
import type { Tally } from '../../stats/tally.ts';
import type { WallClock } from '../../time/clock.ts';
import { nodeMonotonic, threadClock } from '../../time/monotonic.ts';
import { NS_PER_MS, NS_PER_S, NS_PER_US } from '../../time/ns.ts';
import {
  type Calibration,
  type CalibrationSpec,
  type CalibrationStep,
  KNOWN_ANSWER_TOLERANCE,
} from '../../wire/calibration.ts';
import type { HostFacts } from '../proc-stat.ts';
import { STALL, type Subject, subjectOf } from './calibration-subject.ts';
import { type ProbeLoad, probe } from './probe.ts';
import { recordCostNs, resolutionNs, sleepLatenessNs } from './timer-probe.ts';

type Check = Calibration['checks'][number];

const LAG_LOAD: ProbeLoad = { rate: 1000, forS: 2 };
/** More than one agent reaches: what is achieved in that second is the ceiling. */
const CEILING_LOAD: ProbeLoad = { rate: 2_000_000, forS: 1 };
const CEILING_SECOND = LAG_LOAD.forS;

const STALL_LOAD: ProbeLoad = { rate: 200, forS: 1.5 };
/** The known answers do not depend on the number of workers, and starting many takes time. */
const CHECKED_WORKERS = 4;

export interface CalibrationParts {
  /** Module whose default export the pool calls on its threads. */
  readonly workerFile: string;
  readonly wall: WallClock;
  /** What happened on the node since the last call. */
  readonly hostFacts: () => HostFacts;
  /** Told before each step. */
  readonly onStep: (step: CalibrationStep) => void;
}

/** What the harness itself is worth on this node (MEASUREMENT section 6). Takes 6-8 s and all of the agent's workers. */
export async function calibrate(spec: CalibrationSpec, parts: CalibrationParts): Promise<Calibration> {
  const { workerFile, wall, hostFacts, onStep } = parts;
  hostFacts();
  onStep('timers');
  const takenAt = new Date(wall.nowMs()).toISOString();
  const clock = threadClock(nodeMonotonic());
  const late = sleepLatenessNs(clock);
  const timer = {
    resolutionUs: resolutionNs(clock) / NS_PER_US,
    sleepLateP50Us: late.p50 / NS_PER_US,
    sleepLateP99Us: late.p99 / NS_PER_US,
  };
  const recordNs = recordCostNs(clock);
  onStep('highest rate');
  const loads = [LAG_LOAD, CEILING_LOAD];
  const subject = await subjectOf(spec);
  const own = await probe(spec, { subject: subject.prompt, loads, mostWorkers: spec.workers }, workerFile);
  onStep('known stall');
  const stall = await checkStall(spec, subject, workerFile);
  onStep('known service time');
  const service = await checkService(spec, subject, workerFile);
  subject.close();
  const lagMs = (quantile: number) => (own.tallies[0] as Tally).lag.quantileNs(quantile) / NS_PER_MS;
  return {
    driver: spec.driver,
    size: spec.size,
    pacing: spec.pacing,
    workers: spec.workers,
    takenAt,
    ceilingPerSecond: own.achieved[CEILING_SECOND] ?? 0,
    lagMs: { p50: lagMs(0.5), p99: lagMs(0.99), 'p99.9': lagMs(0.999) },
    timer,
    recordNs,
    steal: hostFacts().steal,
    checks: [...stall, service],
  };
}

async function checkStall(spec: CalibrationSpec, { stalling }: Subject, workerFile: string): Promise<Check[]> {
  const seen = await probe(spec, { subject: stalling, loads: [STALL_LOAD], mostWorkers: CHECKED_WORKERS }, workerFile);
  const { response } = seen.tallies[0] as Tally;
  return [
    check('stall-p90', stalledMs(0.9), response.quantileNs(0.9)),
    check('stall-p99', stalledMs(0.99), response.quantileNs(0.99)),
  ];
}

async function checkService(spec: CalibrationSpec, { serving }: Subject, workerFile: string): Promise<Check> {
  const loads = [serving.load];
  const seen = await probe(spec, { subject: serving, loads, mostWorkers: CHECKED_WORKERS }, workerFile);
  const { service } = seen.tallies[0] as Tally;
  return check('service-p50', serving.serviceNs / NS_PER_MS, service.quantileNs(0.5));
}

/**
 * Quantile of the response times of a stall under uniform load, by nearest rank: the first request to meet it waits for
 * all of it, each later one for a gap less, the others not at all.
 */
function stalledMs(quantile: number): number {
  const requests = STALL_LOAD.rate * STALL_LOAD.forS;
  const slower = requests - nearestRank(quantile, requests);
  return Math.max(0, STALL.forNs - (slower * NS_PER_S) / STALL_LOAD.rate) / NS_PER_MS;
}

function check(name: Check['name'], expectedMs: number, observedNs: number): Check {
  const observedMs = observedNs / NS_PER_MS;
  const error = observedMs / expectedMs - 1;
  return { name, expectedMs, observedMs, error, ok: Math.abs(error) <= KNOWN_ANSWER_TOLERANCE[name] };
}
