import { type FailureClass, Outcome } from '../../stats/outcome.ts';
import { RequestFailure } from '../../targets/target.ts';
import { DISTINCT_FAILURES, type FailureKind } from './failure-kinds.ts';

const LONGEST_MESSAGE = 200;

const OUTCOME_OF: Readonly<Record<FailureClass, Outcome>> = {
  timeout: Outcome.timeout,
  rejected: Outcome.rejected,
  'target-error': Outcome.targetError,
  'wrong-output': Outcome.wrongOutput,
};

/** What an error thrown by a target says. Anything but a {@link RequestFailure} is a fault of the target. */
export function failureKind(error: unknown): FailureKind {
  if (error instanceof RequestFailure) return { class: error.outcome, code: error.code, message: cut(error.message) };
  if (!(error instanceof Error)) return { class: 'target-error', code: 'thrown', message: cut(String(error)) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { class: 'target-error', code, message: cut(error.message) };
}

const cut = (message: string): string =>
  message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE - 1)}…` : message;

/** One worker's kinds of failure: told once each, a small number in the records ever after. */
export class FailureLog {
  readonly #numbers = new Map<string, number>();
  readonly #tell: (number: number, kind: FailureKind) => void;
  /** Number of the failure noted last, from 1. */
  last = 0;

  constructor(tell: (number: number, kind: FailureKind) => void) {
    this.#tell = tell;
  }

  /** The outcome of a request that ended with `error`. */
  note(error: unknown): Outcome {
    const kind = failureKind(error);
    this.last = this.#numberOf(kind);
    return OUTCOME_OF[kind.class];
  }

  /** A kind beyond the bound has the number of the further kinds of its class. */
  #numberOf(kind: FailureKind): number {
    const key = `${kind.class}\n${kind.code}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#numbers.size < DISTINCT_FAILURES) return this.#number(key, kind);
    const further: FailureKind = { class: kind.class, code: 'further', message: 'further kinds of failure' };
    return this.#numbers.get(`${kind.class}\nfurther`) ?? this.#number(`${kind.class}\nfurther`, further);
  }

  #number(key: string, kind: FailureKind): number {
    const number = this.#numbers.size + 1;
    this.#numbers.set(key, number);
    this.#tell(number, kind);
    return number;
  }
}
