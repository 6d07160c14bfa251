import type { Acknowledgement, GateEvent, GatePolicy } from '../../campaign/gate-policy.ts';
import { EXIT_CODES, type ExitCode } from '../exit-code.ts';
import type { GateReason } from './reason.ts';
import type { GateFindings, GateQuestion } from './step.ts';

export type GateKind = 'pass' | 'fail' | 'inconclusive' | 'invalid' | 'no-baseline';

/** `verdict.json`. */
export interface GateResult extends GateFindings {
  readonly kind: 'loadcell/gate';
  readonly schemaVersion: 1;
  /** `paired`: against a baseline run in turns; `stored`: against earlier nights. */
  readonly manner: 'paired' | 'stored';
  readonly event: GateEvent;
  readonly verdict: GateKind;
  readonly exitCode: ExitCode;
  /** The verdict would exit otherwise, and the policy tolerates it at this event. */
  readonly tolerated: boolean;
  readonly baseline: string;
  readonly candidate: string;
  readonly policy: GatePolicy;
  /** Names of the run folders that it stands on. */
  readonly runs: readonly string[];
}

/** Acknowledgements that hold on a day (`2026-12-31`), and a caution for each that does not any more. */
export function acksOn(
  policy: GatePolicy,
  today: string,
): { readonly acks: readonly Acknowledgement[]; readonly expired: readonly GateReason[] } {
  const expired = policy.acks.filter(({ until }) => until < today);
  return {
    acks: policy.acks.filter(({ until }) => until >= today),
    expired: expired.map(({ metric, cell, until, reason }) => ({
      code: 'acknowledgement-expired',
      where: cell === null ? metric : `${cell} ${metric}`,
      message: `the acknowledgement "${reason}" held until ${until}`,
      hint: 'take it out of gate.acks, or give it another day',
    })),
  };
}

/** What a verdict leads to at an event. A fail always blocks. */
export function consequenceOf(
  verdict: GateKind,
  event: GateEvent,
  policy: GatePolicy,
): Pick<GateResult, 'exitCode' | 'tolerated'> {
  const code = EXIT_CODES[verdict].code;
  if (verdict === 'pass' || verdict === 'fail') return { exitCode: code, tolerated: false };
  const per = { inconclusive: policy.onInconclusive, invalid: policy.onInvalid, 'no-baseline': policy.onNoBaseline };
  return per[verdict][event] === 'tolerate'
    ? { exitCode: EXIT_CODES.pass.code, tolerated: true }
    : { exitCode: code, tolerated: false };
}

/** The result of a gate that has been decided. */
export function gateResult(
  verdict: GateKind,
  findings: GateFindings,
  { policy }: Pick<GateQuestion, 'policy'>,
  about: Pick<GateResult, 'manner' | 'event' | 'baseline' | 'candidate' | 'runs'> & {
    /** Cautions that no pair or night tells. */
    readonly beside: readonly GateReason[];
  },
): GateResult {
  const { beside, manner, event, baseline, candidate, runs } = about;
  return {
    kind: 'loadcell/gate',
    schemaVersion: 1,
    manner,
    event,
    verdict,
    ...consequenceOf(verdict, event, policy),
    baseline,
    candidate,
    ...findings,
    cautions: [...findings.cautions, ...beside],
    policy,
    runs,
  };
}
