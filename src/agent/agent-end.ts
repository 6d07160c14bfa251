import { EXIT_CODES } from '../verdict/exit-code.ts';
import { isQuietRefusal } from '../wire/refusal.ts';

/** How an agent's life ended. */
export type AgentEnd =
  /** No more trials, and everything is in the coordinator's journal. */
  | { readonly kind: 'delivered' }
  /** The coordinator will not have this agent. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** The coordinator was not heard of for as long as the lease held: load was stopped. `unacknowledged`: the spool's path. */
  | { readonly kind: 'lease-expired'; readonly unacknowledged: string | null }
  | { readonly kind: 'never-registered'; readonly why: string }
  /** Nobody offered this agent a place as long as it waited. */
  | { readonly kind: 'no-place' }
  | { readonly kind: 'interrupted'; readonly signal: string };

/** The exit code of an agent's process, and a sentence for people where there is something to say. */
export function conclusion(end: AgentEnd): { readonly exitCode: number; readonly sentence: string | null } {
  switch (end.kind) {
    case 'delivered':
      return { exitCode: EXIT_CODES.pass.code, sentence: null };
    case 'refused':
      if (isQuietRefusal(end.code)) return { exitCode: EXIT_CODES.pass.code, sentence: null };
      return {
        // No mistake of the configuration: another node may be right, and no engine need give up the others.
        exitCode: EXIT_CODES[end.code === 'wrong-node' ? 'inconclusive' : 'before-start'].code,
        sentence: `the coordinator refused this agent (${end.code}): ${end.message}`,
      };
    case 'lease-expired': {
      const stopped = 'the coordinator was not heard of for as long as the lease held, so the load was stopped';
      const kept = end.unacknowledged === null ? '' : `; what it did not acknowledge is in ${end.unacknowledged}`;
      return { exitCode: EXIT_CODES.invalid.code, sentence: `${stopped}${kept}` };
    }
    case 'never-registered':
      return { exitCode: EXIT_CODES.invalid.code, sentence: `the coordinator did not answer in time: ${end.why}` };
    case 'no-place':
      return {
        exitCode: EXIT_CODES.inconclusive.code,
        sentence: '--join: found no place as long as it waited, expected one of `loadcell coordinator --join`',
      };
    case 'interrupted':
      return { exitCode: EXIT_CODES.interrupted.code, sentence: `ended by ${end.signal}` };
  }
}
