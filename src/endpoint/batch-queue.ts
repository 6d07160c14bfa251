import type { Ns } from '../time/ns.ts';

/** What waits for a run of the model. */
export interface Waiting {
  readonly samples: number;
  /** Requests of the same key may share a run. */
  readonly key: string;
  readonly bytes: number;
  readonly queuedAt: Ns;
  /** When its time runs out; null: never. */
  readonly deadline: Ns | null;
}

/** How requests are put together. */
export interface Batching {
  /** Most samples of one run. */
  readonly max: number;
  /** How long the oldest request waits for others. */
  readonly delayNs: Ns;
  /** Sizes at which no further request is waited for, ascending; the largest that can be made is taken. */
  readonly preferred: readonly number[];
}

export interface QueueLimits {
  readonly requests: number;
  readonly bytes: number;
}

/** `until`: when a run becomes due though nothing else happens; null: only another request can make one. */
export type Next<W> =
  | { readonly kind: 'run'; readonly members: readonly W[] }
  | { readonly kind: 'wait'; readonly until: Ns | null };

/**
 * The requests that wait, first come first served, and which of them make up the next run. Looks at no clock: the instant
 * is an argument.
 *
 * Without batching every request is a run of its own. With it a run is due when it is full, when no further request of
 * its key fits, when a preferred size can be made, or when its oldest request has waited long enough; of several keys the
 * one with the oldest request comes first.
 */
export class BatchQueue<W extends Waiting> {
  readonly #limits: QueueLimits;
  #batching: Batching | null;
  /** By key, in the order of their oldest requests' arrival; none is empty. */
  readonly #groups = new Map<string, W[]>();
  #requests = 0;
  #bytes = 0;
  /** Not above any deadline that waits. */
  #earliest: Ns | null = null;

  constructor(limits: QueueLimits, batching: Batching | null) {
    this.#limits = limits;
    this.#batching = batching;
  }

  get requests(): number {
    return this.#requests;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** From now on every request is a run of its own; whether it was otherwise before. */
  endBatching(): boolean {
    const wasBatched = this.#batching !== null;
    this.#batching = null;
    return wasBatched;
  }

  /** `full`: it was not taken. */
  offer(waiting: W): 'queued' | 'full' {
    const { requests, bytes } = this.#limits;
    // However large, one request alone finds room.
    if (this.#requests >= requests || (this.#requests > 0 && this.#bytes + waiting.bytes > bytes)) return 'full';
    const group = this.#groups.get(waiting.key);
    if (group === undefined) this.#groups.set(waiting.key, [waiting]);
    else group.push(waiting);
    this.#requests++;
    this.#bytes += waiting.bytes;
    const { deadline } = waiting;
    if (deadline !== null && (this.#earliest === null || deadline < this.#earliest)) this.#earliest = deadline;
    return 'queued';
  }

  /** Takes the next run out, if one is due at `now`. */
  next(now: Ns): Next<W> {
    let due: { readonly key: string; readonly count: number; readonly queuedAt: Ns } | null = null;
    let until: Ns | null = null;
    for (const [key, group] of this.#groups) {
      const oldest = (group[0] as W).queuedAt;
      if (due !== null && due.queuedAt <= oldest) continue;
      const { count, dueAt } = this.#runOf(group, now);
      if (dueAt <= now) due = { key, count, queuedAt: oldest };
      else if (until === null || dueAt < until) until = dueAt;
    }
    return due === null ? { kind: 'wait', until } : { kind: 'run', members: this.#take(due.key, due.count) };
  }

  /** Takes out what has no time left at `now`. */
  expire(now: Ns): readonly W[] {
    if (this.#earliest === null || this.#earliest > now) return [];
    const expired = this.#takeWhere(({ deadline }) => deadline !== null && deadline <= now);
    this.#earliest = this.#firstDeadline();
    return expired;
  }

  /** An instant before which {@link expire} takes nothing; null: it never will. */
  get earliestDeadline(): Ns | null {
    return this.#requests === 0 ? null : this.#earliest;
  }

  #firstDeadline(): Ns | null {
    let first: Ns | null = null;
    for (const group of this.#groups.values()) {
      for (const { deadline } of group) if (deadline !== null && (first === null || deadline < first)) first = deadline;
    }
    return first;
  }

  /** Whether it was still waiting. */
  remove(waiting: W): boolean {
    const index = this.#groups.get(waiting.key)?.indexOf(waiting) ?? -1;
    if (index < 0) return false;
    this.#takeWhere((other) => other === waiting);
    return true;
  }

  /** Everything that waits, taken out. */
  clear(): readonly W[] {
    return this.#takeWhere(() => true);
  }

  /** How many of a group's oldest make up its next run, and when it is due. */
  #runOf(group: readonly W[], now: Ns): { readonly count: number; readonly dueAt: Ns } {
    const batching = this.#batching;
    const oldest = group[0] as W;
    if (batching === null) return { count: 1, dueAt: oldest.queuedAt };
    let samples = 0;
    let count = 0;
    let preferred = 0;
    let isFull = false;
    for (const { samples: more } of group) {
      if (count > 0 && samples + more > batching.max) {
        isFull = true;
        break;
      }
      samples += more;
      count++;
      if (batching.preferred.includes(samples)) preferred = count;
      if (samples >= batching.max) isFull = true;
      if (isFull) break;
    }
    const late = oldest.queuedAt + batching.delayNs;
    if (isFull || late <= now) return { count, dueAt: oldest.queuedAt };
    if (preferred > 0) return { count: preferred, dueAt: oldest.queuedAt };
    return { count, dueAt: late as Ns };
  }

  #take(key: string, count: number): readonly W[] {
    const group = this.#groups.get(key) as W[];
    const members = group.splice(0, count);
    if (group.length === 0) this.#groups.delete(key);
    for (const member of members) this.#gone(member);
    return members;
  }

  #takeWhere(isTaken: (waiting: W) => boolean): readonly W[] {
    const taken: W[] = [];
    for (const [key, group] of this.#groups) {
      const kept = group.filter((waiting) => !isTaken(waiting));
      if (kept.length === group.length) continue;
      taken.push(...group.filter(isTaken));
      if (kept.length === 0) this.#groups.delete(key);
      else this.#groups.set(key, kept);
    }
    for (const waiting of taken) this.#gone(waiting);
    return taken;
  }

  #gone({ bytes }: W): void {
    this.#requests--;
    this.#bytes -= bytes;
  }
}
