import { FAILURE_CLASSES, type FailureClass, Outcome } from '../../stats/outcome.ts';

/** A kind of failure is its class and code; the message is the one with which it was first met (at most 200 characters). */
export interface FailureKind {
  readonly class: FailureClass;
  readonly code: string;
  readonly message: string;
}

/** Kinds of failure that one trial tells apart on one agent; further ones count under one name per class. */
export const DISTINCT_FAILURES = 64;

/** What a class is called when nothing more is known than the outcome. */
const PLAIN: Readonly<Record<FailureClass, FailureKind>> = {
  timeout: { class: 'timeout', code: 'timeout', message: 'no answer within the timeout' },
  rejected: { class: 'rejected', code: 'rejected', message: 'the target refused the request' },
  'target-error': { class: 'target-error', code: 'target-error', message: 'the target failed' },
  'wrong-output': { class: 'wrong-output', code: 'wrong-output', message: 'the answer was not the expected one' },
};

/** Class of an outcome; null for one that is no failure of a request that the target had its time for. */
export function failureClassOf(outcome: Outcome): FailureClass | null {
  switch (outcome) {
    case Outcome.timeout:
      return 'timeout';
    case Outcome.rejected:
      return 'rejected';
    case Outcome.targetError:
      return 'target-error';
    case Outcome.wrongOutput:
      return 'wrong-output';
    default:
      return null;
  }
}

/** Every kind of failure of a trial, whichever worker met it first, under a number of its own. */
export class FailureKinds {
  readonly #kinds: FailureKind[] = FAILURE_CLASSES.map((name) => PLAIN[name]);
  readonly #numbers = new Map<string, number>();
  /** [worker][the worker's number] */
  readonly #ofWorker: number[][] = [];

  /** Worker `worker` calls this kind `number` in its records. */
  define(worker: number, number: number, kind: FailureKind): void {
    let numbers = this.#ofWorker[worker];
    if (numbers === undefined) {
      numbers = [];
      this.#ofWorker[worker] = numbers;
    }
    numbers[number] = this.#numberOf(kind);
  }

  /** Number of what a record calls `failure` (0: nothing more than its outcome's class). */
  of(worker: number, failure: number, failureClass: FailureClass): number {
    const known = failure === 0 ? undefined : this.#ofWorker[worker]?.[failure];
    return known ?? FAILURE_CLASSES.indexOf(failureClass);
  }

  isDefined(worker: number, failure: number): boolean {
    return failure === 0 || this.#ofWorker[worker]?.[failure] !== undefined;
  }

  kind(number: number): FailureKind {
    const kind = this.#kinds[number];
    if (kind === undefined) throw new RangeError(`failure kind ${number} is not known`);
    return kind;
  }

  #numberOf(kind: FailureKind): number {
    const key = `${kind.class}\n${kind.code}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#numbers.size < DISTINCT_FAILURES) return this.#add(key, kind);
    const further = `${kind.class}\nfurther`;
    const message = 'further kinds of failure';
    return this.#numbers.get(further) ?? this.#add(further, { class: kind.class, code: 'further', message });
  }

  #add(key: string, kind: FailureKind): number {
    const number = this.#kinds.length;
    this.#kinds.push(kind);
    this.#numbers.set(key, number);
    return number;
  }
}
