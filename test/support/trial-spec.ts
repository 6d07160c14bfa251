// Trial specifications for tests of the runner.

import type { ArrivalLaw, Phase, PhaseLoad } from '../../src/scenarios/phase.ts';
import { milliseconds, ns, seconds } from '../../src/time/ns.ts';
import type { TrialSpec } from '../../src/wire/trial-spec.ts';

/** One measure phase of `forS` seconds from instant `startS` on. */
export const phase = (name: string, startS: number, forS: number, load: PhaseLoad): Phase => ({
  name,
  purpose: startS < 0 ? 'warmup' : 'measure',
  startNs: seconds(startS),
  durationNs: seconds(forS),
  load,
  slots: startS < 0 || forS === 0 ? 1 : 20,
});

export const openLoad = (rate: number, forS: number, law: ArrivalLaw = 'uniform'): PhaseLoad => ({
  kind: 'open',
  law,
  profile: [{ from: rate, to: rate, durationNs: seconds(forS) }],
  count: Math.round(rate * forS),
});

export const closedLoad = (inFlight: number, thinkMs: number): PhaseLoad => ({
  kind: 'closed',
  inFlight,
  thinkNs: milliseconds(thinkMs),
});

/** A uniform load on the null target by one worker, unless said otherwise. */
export const trialSpec = (changes: Partial<TrialSpec> = {}): TrialSpec => ({
  cell: 2,
  cellId: 'target/scenario',
  trial: 1,
  attempt: 1,
  seed: '7',
  scenario: 'scenario',
  phases: [phase('load', 0, 1, openLoad(100, 1))],
  target: { kind: 'null' },
  share: { index: 0, of: 1 },
  workers: 1,
  pacing: 'precise',
  backlog: null,
  timeoutNs: seconds(30),
  drainNs: seconds(5),
  limits: [],
  overdue: [],
  graceNs: ns(1e9),
  ...changes,
});
