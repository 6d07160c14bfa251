/**
 * The one queue of a trial: arrivals in order of intended start, published ahead by the main thread, taken by number
 * by the workers. Holds constant memory however long the trial.
 *
 * A slot belongs to the writer while its turn equals the ticket's number and to whoever took that number while it
 * equals the number plus one; the taker hands it back for the ticket one lap later, so nothing is overwritten unread
 * (Vyukov's bounded queue). Ticket numbers are 32-bit and wrap. Watched by `bench/runner-rate.ts`.
 */

import { SAMPLE_DRAWN } from '../../scenarios/arrivals.ts';
import { HELD } from './board.ts';

/** Tickets published ahead: a third of a second at 200,000/s. */
export const TICKETS = 65_536;
const BYTES_PER_TICKET = 32;

/** Room for tickets such that a backlog, at most `MOST_BACKLOG` of the plan, can be seen whole. */
export function ticketRoom(backlog: number | null): number {
  let room = TICKETS;
  while (room < 2 * ((backlog ?? 0) + 2)) room *= 2;
  return room;
}

/** Memory for `room` tickets, a power of two. */
export function ticketMemory(room: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(room * BYTES_PER_TICKET);
  const turn = new Int32Array(memory, room * 24, room);
  for (let i = 0; i < room; i++) turn[i] = i;
  return memory;
}

export class TicketRing {
  readonly #intended: Float64Array;
  readonly #seq: Float64Array;
  readonly #sample: Float64Array;
  readonly #turn: Int32Array;
  readonly #phase: Int32Array;
  readonly #mask: number;

  constructor(memory: SharedArrayBuffer) {
    const room = memory.byteLength / BYTES_PER_TICKET;
    this.#intended = new Float64Array(memory, 0, room);
    this.#seq = new Float64Array(memory, room * 8, room);
    this.#sample = new Float64Array(memory, room * 16, room);
    this.#turn = new Int32Array(memory, room * 24, room);
    this.#phase = new Int32Array(memory, room * 28, room);
    this.#mask = room - 1;
  }

  get room(): number {
    return this.#mask + 1;
  }

  /** Publishes a ticket; false while the one that is a lap older has not been taken. For the main thread alone. */
  publish(ticket: number, phase: number, seq: number, intendedNs: number, sample = SAMPLE_DRAWN): boolean {
    const slot = ticket & this.#mask;
    if (Atomics.load(this.#turn, slot) !== ticket) return false;
    this.#intended[slot] = intendedNs;
    this.#seq[slot] = seq;
    this.#sample[slot] = sample;
    this.#phase[slot] = phase;
    Atomics.store(this.#turn, slot, (ticket + 1) | 0);
    return true;
  }

  /** Copies seq, phase, sample and intended start by {@link HELD} and hands the slot back; false while it is not published. */
  read(ticket: number, into: Float64Array): boolean {
    const slot = ticket & this.#mask;
    if (Atomics.load(this.#turn, slot) !== ((ticket + 1) | 0)) return false;
    into[HELD.seq] = this.#seq[slot] as number;
    into[HELD.phase] = this.#phase[slot] as number;
    into[HELD.intended] = this.#intended[slot] as number;
    into[HELD.sample] = this.#sample[slot] as number;
    Atomics.store(this.#turn, slot, (ticket + this.#mask + 1) | 0);
    return true;
  }

  isPublished(ticket: number): boolean {
    return Atomics.load(this.#turn, ticket & this.#mask) === ((ticket + 1) | 0);
  }

  /** Whether a ticket that nobody has taken yet was intended at or before `now`. */
  isDue(ticket: number, now: number): boolean {
    const slot = ticket & this.#mask;
    const published = (ticket + 1) | 0;
    if (Atomics.load(this.#turn, slot) !== published) return false;
    const due = (this.#intended[slot] as number) <= now;
    return due && Atomics.load(this.#turn, slot) === published;
  }
}
