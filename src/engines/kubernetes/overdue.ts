import type { V1Pod } from '@kubernetes/client-node';

/**
 * Which pods should have ended long since: a pod that is to end on a node that is gone stays as it is for ever. By this
 * machine's own clock, from when the pod was first seen so: nobody's clocks are compared.
 */
export class Overdue {
  readonly #slackMs: number;
  readonly #nowMs: () => number;
  readonly #since = new Map<string, number>();

  /** `slackMs`: how much longer than its grace a pod may take before its node counts as one that does not answer. */
  constructor(slackMs: number, nowMs: () => number) {
    this.#slackMs = slackMs;
    this.#nowMs = nowMs;
  }

  is({ metadata }: V1Pod): boolean {
    if (metadata?.deletionTimestamp === undefined) return false;
    const uid = metadata.uid ?? '';
    const since = this.#since.get(uid) ?? this.#nowMs();
    this.#since.set(uid, since);
    return this.#nowMs() - since > 1000 * (metadata.deletionGracePeriodSeconds ?? 0) + this.#slackMs;
  }
}
