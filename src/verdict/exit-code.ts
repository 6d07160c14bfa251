import type { Reason, VerdictKind } from './verdict.ts';

/** Every exit code of the program and what it means. 1 and 2 are avoided: shells and make use them. */
export const EXIT_CODES = {
  pass: { code: 0, meaning: 'every judged objective passed' },
  fail: { code: 10, meaning: 'an objective was missed' },
  cautions: { code: 11, meaning: 'passed with cautions, under --strict' },
  inconclusive: {
    code: 12,
    meaning: 'the run is too short or too noisy to tell, or no place was given by the deadline',
  },
  invalid: { code: 13, meaning: 'the measurement is not to be trusted, or an agent never registered' },
  'no-baseline': { code: 14, meaning: 'there is no comparable baseline' },
  'before-start': {
    code: 64,
    meaning:
      'a mistake that was knowable before the start: usage, campaign, paths, models, ports, permissions, engines',
  },
  'own-fault': { code: 70, meaning: "the program's own fault, or evidence that cannot be written" },
  interrupted: { code: 130, meaning: 'interrupted by SIGINT or SIGTERM' },
} as const satisfies Readonly<Record<string, { code: number; meaning: string }>>;

export type ExitName = keyof typeof EXIT_CODES;
export type ExitCode = (typeof EXIT_CODES)[ExitName]['code'];

/** Why a run could not be carried out, and the exit that each leads to: a closed list. */
export const ERROR_EXITS = {
  usage: 'before-start',
  campaign: 'before-start',
  path: 'before-start',
  model: 'before-start',
  port: 'before-start',
  engine: 'before-start',
  permission: 'before-start',
  'target-setup': 'before-start',
  'no-place': 'inconclusive',
  'never-registered': 'invalid',
  'no-baseline': 'no-baseline',
  'evidence-unwritable': 'own-fault',
  'own-fault': 'own-fault',
  interrupted: 'interrupted',
} as const satisfies Readonly<Record<string, ExitName>>;

export type ErrorCode = keyof typeof ERROR_EXITS;

export const exitCodeOfError = (code: ErrorCode): ExitCode => EXIT_CODES[ERROR_EXITS[code]].code;

/** `strict`: a pass with cautions is not good enough (`--strict`). */
export type Strictness = 'strict' | 'lenient';

/**
 * The exit code of a run's verdict. Where nothing but targets that did not open keeps it from a pass, the mistake lies
 * in the campaign or on the node, and more requests would not tell more.
 */
export function exitCodeOf(
  verdict: { readonly kind: VerdictKind; readonly reasons: readonly Reason[]; readonly cautions: readonly Reason[] },
  strictness: Strictness,
): ExitCode {
  if (verdict.kind === 'pass' && strictness === 'strict' && verdict.cautions.length > 0) {
    return EXIT_CODES.cautions.code;
  }
  const { kind, reasons } = verdict;
  if (kind === 'inconclusive' && reasons.length > 0 && reasons.every(({ code }) => code === 'target-setup')) {
    return exitCodeOfError('target-setup');
  }
  return EXIT_CODES[verdict.kind].code;
}
