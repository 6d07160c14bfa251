// A runner for the agent's tests: speaks the runner's protocol and offers no load. What it does stands in the trial's
// scenario, as words: `intervals=5` ends by itself after so many, `endless` does not, `mute` never gets ready,
// `fault` cannot be set up, `crash` dies with a last word once armed.
import { create, toBinary } from '@bufbuild/protobuf';
import type { FromRunner, ToRunner } from '../../src/agent/runner/messages.ts';
import type { Calibration } from '../../src/wire/calibration.ts';
import { IntervalSchema } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import type { TrialSpec } from '../../src/wire/trial-spec.ts';

const EVERY_MS = 20;
let spec: TrialSpec | null = null;
let seq = 0;
let timer: NodeJS.Timeout | null = null;

const tell = (message: FromRunner): void => {
  process.send?.(message);
};

function interval(last: boolean): void {
  const { cell = 0, trial = 0, attempt = 0 } = spec ?? {};
  const phases = [{ phase: 0, offered: seq + 1 }];
  const payload = toBinary(IntervalSchema, create(IntervalSchema, { cell, trial, attempt, seq, last, phases }));
  tell({ kind: 'interval', seq, payload });
  seq++;
}

function finish(): void {
  if (timer !== null) clearInterval(timer);
  interval(true);
  tell({ kind: 'done', lastSeq: seq - 1, server: null });
}

function prepare(given: TrialSpec): void {
  spec = given;
  if (given.scenario === 'mute') return;
  if (given.scenario === 'fault') tell({ kind: 'fault', code: 'target-setup', message: 'no such model' });
  else tell({ kind: 'ready', facts: { start: { sessionMs: 1, firstInferenceMs: process.pid } } });
}

function arm(zero: bigint): void {
  const most = Number(/^intervals=(\d+)$/.exec(spec?.scenario ?? '')?.[1] ?? Number.POSITIVE_INFINITY);
  const waitMs = Math.max(0, Number(zero - process.hrtime.bigint()) / 1e6);
  setTimeout(() => {
    if (spec?.scenario === 'crash') {
      process.stderr.write('ran out of luck\n', () => process.abort());
      return;
    }
    timer = setInterval(() => (seq < most - 1 ? interval(false) : finish()), EVERY_MS);
  }, waitMs);
}

const calibration: Calibration = {
  driver: 'in-process',
  pacing: 'precise',
  workers: 1,
  takenAt: new Date().toISOString(),
  ceilingPerSecond: 1000 + process.pid,
  lagMs: { p50: 0.01, p99: 0.02, 'p99.9': 0.03 },
  timer: { resolutionUs: 1, sleepLateP50Us: 60, sleepLateP99Us: 100 },
  recordNs: 5,
  checks: [],
};

process.on('message', (message: ToRunner) => {
  if (message.kind === 'prepare') prepare(message.spec);
  if (message.kind === 'arm') arm(message.zero);
  if (message.kind === 'stop') finish();
  if (message.kind === 'calibrate') tell({ kind: 'calibrated', result: calibration });
});
process.on('disconnect', () => process.exit(0));
