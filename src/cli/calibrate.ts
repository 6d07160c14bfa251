import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CalibrationCache } from '../agent/calibration-cache.ts';
import { programOf } from '../agent/k6/program.ts';
import { gatherNodeFacts, type NodeFacts } from '../agent/node-facts.ts';
import type { FromRunner } from '../agent/runner/messages.ts';
import { Runners } from '../agent/runner-process.ts';
import type { Pacing } from '../campaign/plan.ts';
import { CALIBRATION_MAX_AGE_S } from '../coordinator/supervision.ts';
import { systemWallClock } from '../time/monotonic.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import type { Calibration, CalibrationSpec, CalibrationStep, Driver } from '../wire/calibration.ts';
import { compileCacheEnvironment } from '../wire/compile-cache.ts';
import { readText } from '../wire/read-text.ts';
import { cacheFolder } from './cache-folder.ts';
import { calibrationLines, calibrationText, knowsItsAnswers } from './calibration-lines.ts';
import { Failure } from './failure.ts';
import { paintFor } from './progress.ts';

export interface CalibrateOptions {
  readonly pacing: Pacing;
  readonly workers: string;
  readonly driver: Driver;
  readonly connections: string;
  readonly fresh?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const MOST_OF_EACH = 1024;
/** MEASUREMENT section 6 gives the probe 15 s; the rest is for starting many workers on a busy node. */
const MOST_MS = 120_000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const RUNNER_ENTRY = fileURLToPath(
  new URL(`../agent/runner/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/**
 * `loadcell calibrate`: what the harness itself is worth on this node, by the same probe in the same runner process
 * and through the same cache as a run's. Resolves to 0, or to 13 when a known answer came out wrong.
 */
export async function showCalibration(options: CalibrateOptions): Promise<number> {
  const spec = specOf(options);
  const folder = cacheFolder(process.env);
  const node = await gatherNodeFacts(readText, folder);
  const cache = new CalibrationCache(join(folder, 'calibration'), node.key, systemWallClock.nowMs, (driver) =>
    programOf(driver, process.env),
  );
  const known = options.fresh === true ? null : await cache.find(spec, CALIBRATION_MAX_AGE_S);
  const calibration = known ?? (await taken(spec, options.quiet === true ? silent : toldOn(process.stderr)));
  const problem = known === null ? await cache.keep(calibration) : null;
  if (problem !== null) process.stderr.write(`loadcell: ${problem}\n`);
  print(calibration, node, known === null ? null : ageOf(calibration), options);
  return (knowsItsAnswers(calibration) ? EXIT_CODES.pass : EXIT_CODES.invalid).code;
}

function print(calibration: Calibration, node: NodeFacts, ageS: number | null, { json }: CalibrateOptions): void {
  if (json === true) {
    const ok = knowsItsAnswers(calibration);
    const all = {
      node: node.id,
      nodeKey: node.key,
      ok,
      ageS: ageS ?? 0,
      calibration,
      lines: calibrationLines(calibration),
    };
    process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
  } else process.stdout.write(calibrationText(calibration, ageS, paintFor(process.stdout, process.env)));
}

const ageOf = ({ takenAt }: Calibration): number => (systemWallClock.nowMs() - Date.parse(takenAt)) / 1000;

/** Bodies and streams as runs have them where nothing is said; k6 has neither pacing nor workers of ours. */
function specOf({ driver, pacing, ...given }: CalibrateOptions): CalibrationSpec {
  const workers = wholeOf('--workers', given.workers);
  const connections = wholeOf('--connections', given.connections);
  if (driver === 'in-process') return { driver, size: null, pacing, workers };
  if (driver === 'k6')
    return { driver, size: { connections, streams: 1, bodyBytes: 0 }, pacing: 'precise', workers: 1 };
  return { driver, size: { connections, streams: 1, bodyBytes: 1024 }, pacing, workers };
}

function wholeOf(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MOST_OF_EACH) return value;
  throw new Failure(
    EXIT_CODES['before-start'].code,
    `${option}: found ${text}, expected a whole number from 1 to ${MOST_OF_EACH}, for example 2`,
  );
}

type OnStep = (step: CalibrationStep) => void;

const silent: OnStep = () => {};

const STEP_TEXT: Readonly<Record<CalibrationStep, string>> = {
  timers: 'calibrating: timers and recording cost',
  'highest rate': 'calibrating: lag at 1,000/s, then the highest rate',
  'known stall': 'calibrating: a stall whose latencies are known',
  'known service time': 'calibrating: a service time that is known',
};

const toldOn =
  (out: NodeJS.WriteStream): OnStep =>
  (step) =>
    void out.write(`${STEP_TEXT[step]}\n`);

/** Has a runner take one. The runner ends with it, with a signal, and with this process. */
async function taken(spec: CalibrationSpec, onStep: OnStep): Promise<Calibration> {
  const runners = new Runners({ fork, entry: RUNNER_ENTRY, env: { ...process.env, ...compileCacheEnvironment() } });
  const { promise, resolve, reject } = Promise.withResolvers<Calibration>();
  const fault = (sentence: string): void => reject(new Failure(EXIT_CODES['own-fault'].code, sentence));
  const limit = setTimeout(() => fault(`calibrate: no result within ${MOST_MS / 1000} s`), MOST_MS);
  const onMessage = (message: FromRunner): void => {
    if (message.kind === 'calibrating') onStep(message.step);
    if (message.kind === 'calibrated') resolve(message.result);
    if (message.kind === 'fault') fault(`calibrate: ${message.message}`);
  };
  const onSignal = (signal: NodeJS.Signals): void =>
    reject(new Failure(EXIT_CODES.interrupted.code, `calibrate: interrupted by ${signal}; nothing was kept`));
  for (const signal of SIGNALS) process.once(signal, onSignal);
  runners.serve({ kind: 'calibrate', spec }, { onMessage, onEnd: (how) => fault(`calibrate: the runner ${how}`) });
  try {
    return await promise;
  } finally {
    clearTimeout(limit);
    for (const signal of SIGNALS) process.off(signal, onSignal);
    runners.endAll();
  }
}
