import { nearestRank } from '../../stats/histogram.ts';
import type { WallClock } from '../../time/clock.ts';
import { nodeMonotonic, threadClock } from '../../time/monotonic.ts';
import { NS_PER_MS, NS_PER_S, NS_PER_US } from '../../time/ns.ts';
import {
  type Calibration,
  type CalibrationSpec,
  type CalibrationStep,
  KNOWN_ANSWER_TOLERANCE,
} from '../../wire/calibration.ts';
import { k6Probes } from '../k6/probes.ts';
import type { HostFacts } from '../proc-stat.ts';
import { ownProbes, type Probes, type Promptness } from './calibration-probes.ts';
import { STALL, STALL_LOAD } from './calibration-subject.ts';
import { recordCostNs, resolutionNs, sleepLatenessNs } from './timer-probe.ts';

type Check = Calibration['checks'][number];

export interface CalibrationParts {
  /** Module whose default export the pool calls on its threads. */
  readonly workerFile: string;
  readonly wall: WallClock;
  /** What happened on the node since the last call. */
  readonly hostFacts: () => HostFacts;
  /** Told before each step. */
  readonly onStep: (step: CalibrationStep) => void;
  /** Of the agent: where k6 is looked for. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * What a driver is worth on this node (MEASUREMENT section 6). Takes 6-12 s and all of the agent's workers. Throws a
 * `TargetRefused` where k6 is to be calibrated and cannot be run.
 */
export async function calibrate(spec: CalibrationSpec, parts: CalibrationParts): Promise<Calibration> {
  const { wall, hostFacts, onStep } = parts;
  hostFacts();
  onStep('timers');
  const takenAt = new Date(wall.nowMs()).toISOString();
  const timers = timersNow();
  const probes = await probesOf(spec, parts);
  try {
    onStep('highest rate');
    const own = figuresOf(await probes.prompt());
    onStep('known stall');
    const stall = await checkStall(probes);
    onStep('known service time');
    const service = await checkService(probes);
    const { driver, size, pacing, workers } = spec;
    const about = { driver, size, ...probes.facts, pacing, workers, takenAt };
    return { ...about, ...own, ...timers, steal: hostFacts().steal, checks: [...stall, service] };
  } finally {
    probes.close();
  }
}

const probesOf = (spec: CalibrationSpec, { workerFile, env }: CalibrationParts): Promise<Probes> =>
  spec.driver === 'k6' && spec.size !== null ? k6Probes(spec.size, env) : ownProbes(spec, workerFile);

function timersNow(): Pick<Calibration, 'timer' | 'recordNs'> {
  const clock = threadClock(nodeMonotonic());
  const late = sleepLatenessNs(clock);
  const timer = {
    resolutionUs: resolutionNs(clock) / NS_PER_US,
    sleepLateP50Us: late.p50 / NS_PER_US,
    sleepLateP99Us: late.p99 / NS_PER_US,
  };
  return { timer, recordNs: recordCostNs(clock) };
}

function figuresOf({
  ceilingPerSecond,
  lag,
  floor,
}: Promptness): Pick<Calibration, 'ceilingPerSecond' | 'lagMs' | 'floorMs'> {
  const ms = (of: NonNullable<Promptness['lag']>, quantile: number): number => of.quantileNs(quantile) / NS_PER_MS;
  return {
    ceilingPerSecond,
    lagMs: lag === null ? null : { p50: ms(lag, 0.5), p99: ms(lag, 0.99), 'p99.9': ms(lag, 0.999) },
    ...(floor === null ? {} : { floorMs: { p50: ms(floor, 0.5), p99: ms(floor, 0.99) } }),
  };
}

async function checkStall(probes: Probes): Promise<Check[]> {
  const { response } = await probes.stalled();
  return [
    check('stall-p90', stalledMs(0.9), response.quantileNs(0.9)),
    check('stall-p99', stalledMs(0.99), response.quantileNs(0.99)),
  ];
}

async function checkService(probes: Probes): Promise<Check> {
  const { service } = await probes.served();
  return check('service-p50', probes.serviceNs / NS_PER_MS, service.quantileNs(0.5));
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
