import type { Finding, Needs } from '../judgement.ts';
import { counted, inPercent, inSeconds } from '../wording.ts';
import type { ShareAnswer } from './share.ts';

/** The parts of a sentence on a share: `312 of 2400 requests took 100 ms or longer`. */
export interface ShareWords {
  readonly objective: string;
  /** `took 100 ms or longer`, `failed`. */
  readonly did: string;
  /** `scheduled requests`, `started requests`. */
  readonly those: string;
  readonly allowed: number;
  readonly confidence: number;
}

export function shareFinding(answer: ShareAnswer, decision: 'fail' | 'inconclusive', words: ShareWords): Finding {
  const allowed = inPercent(words.allowed);
  const counts = `${answer.over} of ${answer.n} ${words.those} (${inPercent(answer.over / answer.n)}) ${words.did}`;
  if (decision === 'inconclusive') {
    return {
      code: 'needs-more-requests',
      message: `${words.objective} cannot be told: ${counts}; ${reach(answer, words)} ${allowed}.`,
      hint: answer.scattered ? SCATTERED : advice(answer.needs),
    };
  }
  return {
    code: answer.grossBreach ? 'gross-breach' : 'objective-missed',
    message: `${words.objective} is missed: ${counts}, ${allowed} may${certainty(answer, words)}.`,
    hint: 'Look at the series and the slowest requests for when and where; lower the rate, or give the target more capacity.',
  };
}

function reach({ deciding, n }: ShareAnswer, words: ShareWords): string {
  if (deciding === null) return `${counted(n, 'request')} are too few for a limit of`;
  const between = `between ${inPercent(deciding.low)} and ${inPercent(deciding.high)}`;
  return `at confidence ${words.confidence} the share behind it lies ${between}, the limit is`;
}

function certainty({ deciding, grossBreach }: ShareAnswer, words: ShareWords): string {
  if (deciding === null) return '';
  if (grossBreach) return ', a gross breach';
  return ` (at least ${inPercent(deciding.low)} at confidence ${words.confidence})`;
}

const SCATTERED =
  'The trials together would tell, but they differ too much from one another: find out why, or run more of them.';

function advice(needs: Needs | null): string {
  if (needs === null)
    return 'The share stands at the limit: choose another limit or another rate, a longer phase will hardly tell.';
  return `About ${counted(needs.requests, 'more request')} of the same kind would tell: make the phase ${inSeconds(needs.seconds)} longer.`;
}
