import { type Client, Metadata } from '@grpc/grpc-js';
import {
  type ControlRequest,
  ControlRequestSchema,
  type ControlResponse,
  FleetService,
} from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { create } from '../wire/protobuf.ts';
import { bidiClient } from '../wire/service.ts';
import { pemOf, requestCertificate } from '../wire/x509.ts';
import type { AgentEnd } from './agent-end.ts';
import { type ChannelSecurity, openChannel, troubleOf } from './channel.ts';
import { DialledStream } from './dialled-stream.ts';

export interface EnrolOptions {
  /** Where the coordinator listens: `host:port`. */
  readonly coordinator: string;
  readonly runId: string;
  readonly attempt: number;
  /** The agent's place in the fleet, from 0. */
  readonly index: number;
  /** Secret of the attempt. */
  readonly secret: string;
  /** Certificate of the run's authority, DER: no other coordinator is trusted. */
  readonly authority: Uint8Array;
  readonly withinMs: number;
}

export type Enrolment =
  | { readonly kind: 'enrolled'; readonly security: ChannelSecurity }
  | { readonly kind: 'ended'; readonly end: NoCertificate };

/**
 * Gets a certificate for the agent's place, for a key that never leaves this process. The request is sent again, the same,
 * as often as the stream breaks: a coordinator that has answered it before answers it alike.
 */
export async function enrol(options: EnrolOptions): Promise<Enrolment> {
  const authority = pemOf(options.authority);
  const { key, request } = await requestCertificate();
  const channel = openChannel(options.coordinator, { authority, identity: null });
  const answer = await ask(channel, options, request).finally(() => channel.close());
  if (answer.kind === 'refused' || answer.kind === 'never-registered') return { kind: 'ended', end: answer };
  return { kind: 'enrolled', security: { authority, identity: { key, certificate: pemOf(answer.certificate) } } };
}

type NoCertificate = Extract<AgentEnd, { readonly kind: 'refused' | 'never-registered' }>;

type Answer = { readonly kind: 'certified'; readonly certificate: Uint8Array } | NoCertificate;

function ask(channel: Client, options: EnrolOptions, certificateRequest: Uint8Array): Promise<Answer> {
  const { runId, attempt, index, secret: token, withinMs } = options;
  const fleet = bidiClient(channel, FleetService);
  const value = { runId, attempt, index, token, certificateRequest };
  const words = create(ControlRequestSchema, { message: { case: 'enrol', value } });
  return new Promise((resolve) => {
    const conclude = (answer: Answer): void => {
      clearTimeout(patience);
      void stream.close(0).then(() => resolve(answer));
    };
    const stream = new DialledStream<ControlRequest, ControlResponse>(channel, () => fleet.control(new Metadata()), {
      onOpen: () => stream.write(words),
      onResponse: ({ message }) => {
        if (message.case === 'enrolled') conclude({ kind: 'certified', certificate: message.value.certificate });
        if (message.case !== 'refused') return;
        conclude({ kind: 'refused', code: message.value.code, message: message.value.message });
      },
      onDetached: () => {},
      onDrain: () => {},
    });
    const patience = setTimeout(() => {
      void troubleOf(fleet).then((why) => conclude({ kind: 'never-registered', why }));
    }, withinMs);
  });
}
