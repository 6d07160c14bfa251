import type { NonEmpty } from '../scenarios/phase.ts';

/** Why a verdict is what it is: a code from a closed list, the place, a sentence, and what would be right. */
export interface Reason {
  readonly code: ReasonCode;
  readonly where: string;
  readonly message: string;
  readonly hint: string;
}

export type VerdictKind = 'pass' | 'fail' | 'inconclusive' | 'invalid';

export type Verdict =
  | { readonly kind: 'pass'; readonly reasons: readonly []; readonly cautions: readonly Reason[] }
  | {
      readonly kind: 'fail' | 'inconclusive' | 'invalid';
      readonly reasons: NonEmpty<Reason>;
      readonly cautions: readonly Reason[];
    };

/** Every code that a reason may bear, by the gravest place in which it stands. */
export const REASON_CODES = [
  // fail
  'objective-missed',
  'gross-breach',
  'aborted',
  // inconclusive
  'needs-more-requests',
  'interrupted',
  'host-noise',
  'not-stationary',
  'not-run',
  'deadline',
  'target-setup',
  'limit-not-counted',
  'look-contradicted',
  'peak-not-found',
  'peak-not-confirmed',
  'not-observed',
  // invalid
  'generator-decides',
  'not-started',
  'too-few-vus',
  'harness-cpu',
  'interval-lost',
  'accounting-broken',
  'bookkeeping-broken',
  'clock-stepped',
  'clock-unsynchronised',
  'start-spread',
  'target-changed',
  'runner-died',
  'agent-lost',
  'own-fault',
  'too-few-valid-trials',
  'gpu-lost',
  'gpu-xid',
  'gpu-ecc',
  'gpu-throttled',
  'gpu-count',
  'gpu-counter-backwards',
  'gpu-foreign',
  'network-off',
  // cautions (some of the above are cautions too, in a milder degree)
  'lag-high',
  'overloaded',
  'near-ceiling',
  'calibration-failed',
  'cpu-steal',
  'cpu-throttled',
  'provider-fallback',
  'nodes-on-cpu',
  'answers-from-cache',
  'invalid-trial-among-valid',
  'run-to-run-not-covered',
  'levels-short',
  'coarse-seconds',
  'blind-to',
  'settled-at',
  'exception-unplaced',
  'teardown-failed',
  'samples-as-csv',
  'threshold-not-judged',
  'driver-floor',
  'threshold-crossed',
  'marked-failed',
  'retried',
  'resumed-elsewhere',
  'server-other-clients',
  'server-counted-fewer',
  'server-cache',
  'gpu-power-cap',
  'gpu-clock-drop',
  'gpu-warming',
  'gpu-coverage',
  'gpu-energy-disagrees',
  'gpu-neighbour',
  'exporter-silent',
  'exporter-clock',
  'network-uneven',
] as const;

export type ReasonCode = (typeof REASON_CODES)[number];
