import type { ServerDuplexStream } from '@grpc/grpc-js';
import { parseArrival } from '../wire/arrival.ts';
import type { Calibration } from '../wire/calibration.ts';
import {
  type ControlRequest,
  type ControlResponse,
  ControlResponseSchema,
  type Enrol,
  type Register,
} from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { create } from '../wire/protobuf.ts';
import type { Admission } from './admission.ts';
import { certifiedName } from './certified-name.ts';
import { type AgentWord, nodeOf, type OrderContext, understand, wordsOf } from './control-words.ts';
import type { Deadlines } from './fleet-plan.ts';
import { onDetached, PacedWriter } from './paced-writer.ts';
import type { RefusalCode } from './place.ts';
import type { AgentCommand, FleetCommand, Happening } from './run-state.ts';

type Call = ServerDuplexStream<ControlRequest, ControlResponse>;

export interface ControlOptions extends OrderContext {
  readonly runId: string;
  readonly admission: Admission;
  /** Of the program that planned: agents of another do not take part. */
  readonly version: string;
  readonly deadlines: Deadlines;
  /** Nanoseconds of the node's monotonic clock. */
  monotonic(): bigint;
  /** Draws the name of a lease, by which its report stream is known. */
  drawSession(): string;
  /** Age of a calibration in seconds; 0 when it was taken in this run. */
  ageS(calibration: Calibration): number;
  onEvent(happening: Happening): void;
  /** Told of everyone who is sent away, with the address that it came from. */
  onRefused(refusal: { readonly code: RefusalCode; readonly message: string; readonly peer: string }): void;
}

/** A stream that has not registered within this is closed. */
const REGISTER_WITHIN_MS = 10_000;

/** One control stream. */
interface Link {
  readonly id: number;
  /** Where it comes from. */
  readonly peer: string;
  /** The name in its certificate; null: it has none of this run. */
  readonly certified: string | null;
  readonly writer: PacedWriter<ControlResponse>;
  /** Null until it speaks for a place. */
  tenure: { readonly index: number; readonly epoch: number } | null;
}

/**
 * The control streams of all agents: what they say becomes events of the run's life, its commands become messages.
 * Whoever may not come in is turned away before anything else is looked at. Clock probes are answered at once.
 */
export class ControlDesk {
  readonly #options: ControlOptions;
  readonly #links = new Map<number, Link>();
  readonly #leases = new Map<string, { readonly index: number; readonly epoch: number }>();
  #lastLink = 0;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /** Serves one control stream. */
  accept(call: Call): void {
    const link: Link = {
      id: ++this.#lastLink,
      peer: call.getPeer(),
      certified: certifiedName(call.getAuthContext()),
      writer: new PacedWriter<ControlResponse>(call),
      tenure: null,
    };
    this.#links.set(link.id, link);
    const impatience = setTimeout(() => link.writer.end(), REGISTER_WITHIN_MS);
    let state: 'unknown' | 'enrolling' | 'registered' = 'unknown';
    call.on('data', ({ message }: ControlRequest) => {
      const receivedAt = this.#options.monotonic();
      if (state === 'registered') this.#hear(link, message, receivedAt);
      else if (state === 'unknown' && message.case === 'register') {
        state = 'registered';
        clearTimeout(impatience);
        this.#register(link, message.value);
      } else if (state === 'unknown' && message.case === 'enrol') {
        state = 'enrolling';
        void this.#enrol(link, message.value);
      }
    });
    onDetached(call, () => {
      clearTimeout(impatience);
      this.#links.delete(link.id);
      link.writer.end();
      if (link.tenure !== null) this.#options.onEvent({ kind: 'detached', link: link.id });
    });
  }

  /** The place and epoch behind a lease's name; null when there is none, or no more. */
  leaseOf(session: string): { readonly index: number; readonly epoch: number } | null {
    return this.#leases.get(session) ?? null;
  }

  grant({ link: id, index, epoch }: Extract<FleetCommand, { kind: 'grant' }>): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    link.tenure = { index, epoch };
    const session = this.#sessionOf(epoch) ?? this.#options.drawSession();
    this.#leases.set(session, { index, epoch });
    const { leaseNs, heartbeatNs } = this.#options.deadlines;
    const value = { session, epoch: BigInt(epoch), ttlMs: leaseNs / 1e6, heartbeatMs: heartbeatNs / 1e6 };
    link.writer.write(create(ControlResponseSchema, { message: { case: 'lease', value } }));
  }

  /** Tells an agent that it is not wanted and ends its stream; its lease, if it had one, is over. */
  refuse(id: number, code: RefusalCode, message: string): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    this.#options.onRefused({ code, message, peer: link.peer });
    link.writer.write(create(ControlResponseSchema, { message: { case: 'refused', value: { code, message } } }));
    link.writer.end();
  }

  /** The lease of an epoch is over: its name opens no report stream any more. */
  fence(epoch: number): void {
    const session = this.#sessionOf(epoch);
    if (session !== null) this.#leases.delete(session);
  }

  /** Sends a command to the holder of a place, where it is attached. */
  order(command: AgentCommand): void {
    const link = command.link === null ? undefined : this.#links.get(command.link);
    link?.writer.write(wordsOf(command, this.#options));
  }

  /** Ends every stream. */
  close(): void {
    for (const { writer } of this.#links.values()) writer.end();
  }

  #sessionOf(epoch: number): string | null {
    for (const [session, lease] of this.#leases) if (lease.epoch === epoch) return session;
    return null;
  }

  #register(link: Link, register: Register): void {
    const { runId, admission, version } = this.#options;
    const node = nodeOf(register.nodeJson);
    const turning = admission.turnsAway(register, link.certified);
    if (turning !== null) {
      this.refuse(link.id, turning.code, turning.message);
    } else if (register.runId !== runId) {
      this.refuse(link.id, 'other-run', `found run ${register.runId}, this is run ${runId}`);
    } else if (register.version !== version) {
      const message = `found loadcell ${register.version} on the agent's node, this run needs ${version}`;
      this.refuse(link.id, 'other-version', message);
    } else if (node === null) {
      this.refuse(link.id, 'malformed', 'node facts: expected a JSON object with a text `id`');
    } else {
      const { index, attempt, nonce, pid } = register;
      const arrival = parseArrival(register.arrivalJson);
      const arrived = arrival === null ? {} : { arrival };
      this.#options.onEvent({ kind: 'register', link: link.id, index, attempt, nonce, pid, node, ...arrived });
    }
  }

  /** Gives a certificate to who knows the secret of its attempt, and ends the stream: the next one comes with it. */
  async #enrol(link: Link, enrol: Enrol): Promise<void> {
    const answer = await this.#options.admission.enrol(enrol, enrol.certificateRequest);
    if ('code' in answer) {
      this.refuse(link.id, answer.code, answer.message);
      return;
    }
    link.writer.write(create(ControlResponseSchema, { message: { case: 'enrolled', value: { certificate: answer } } }));
    link.writer.end();
  }

  #hear(link: Link, message: ControlRequest['message'], receivedAt: bigint): void {
    if (message.case === 'clockProbe') {
      const value = { t1Ns: message.value.t1Ns, t2Ns: receivedAt, t3Ns: this.#options.monotonic() };
      link.writer.write(create(ControlResponseSchema, { message: { case: 'clockReply', value } }));
    }
    if (link.tenure === null) return;
    const word = this.#understand(link, message);
    if (word !== null) this.#options.onEvent({ ...word, ...link.tenure, link: link.id });
  }

  #understand(link: Link, message: ControlRequest['message']): AgentWord | null {
    try {
      return understand(message, (calibration) => this.#options.ageS(calibration));
    } catch {
      this.refuse(link.id, 'malformed', `${message.case ?? 'message'}: its JSON cannot be read`);
      return null;
    }
  }
}
