/**
 * Between the life of a run and the words of the control stream. Both ends are of one program, so the JSON inside a
 * message is what it claims to be; JSON that cannot be parsed throws.
 */

import type { ServerTold } from '../targets/server-told.ts';
import type { TargetFacts } from '../targets/target.ts';
import { type Ns, ns } from '../time/ns.ts';
import type { Calibration, CalibrationRequest } from '../wire/calibration.ts';
import {
  type ClockOffset,
  type ControlRequest,
  type ControlResponse,
  ControlResponseSchema,
} from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { create } from '../wire/protobuf.ts';
import type { TrialSpec } from '../wire/trial-spec.ts';
import type { FaultCode } from './events.ts';
import type { ClockReading } from './place.ts';
import type { AgentCommand, AgentEvent } from './run-state.ts';
import type { TrialRef } from './trial-ref.ts';

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What an agent said, without who it was. */
export type AgentWord = DistributiveOmit<AgentEvent, 'index' | 'epoch' | 'link'>;

/** What an agent says after its registration; null for what is nobody's business here. `ageS`: age of a calibration. */
export function understand(
  message: ControlRequest['message'],
  ageS: (calibration: Calibration) => number,
): AgentWord | null {
  switch (message.case) {
    case 'heartbeat':
      return { kind: 'heartbeat' };
    case 'calibrated': {
      const result = JSON.parse(message.value.resultJson) as Calibration;
      return { kind: 'calibrated', command: Number(message.value.command), result, ageS: ageS(result) };
    }
    case 'ready': {
      const facts = JSON.parse(message.value.factsJson) as TargetFacts;
      return { kind: 'ready', command: Number(message.value.command), facts };
    }
    case 'armed': {
      const { command, inTime, marginNs, zeroNs, clock } = message.value;
      const at = inTime && clock !== '' ? { clock, zeroNs } : null;
      return { kind: 'armed', command: Number(command), inTime, marginNs: ns(Number(marginNs)), at };
    }
    case 'trialDone': {
      const { command, serverJson } = message.value;
      const server = serverJson === '' ? {} : { server: JSON.parse(serverJson) as ServerTold };
      return { kind: 'trial-done', command: Number(command), ...server };
    }
    case 'fault': {
      const { command, code, message: text } = message.value;
      return { kind: 'fault', command: Number(command), code: faultCode(code), message: text };
    }
    case 'clockProbe':
      return message.value.offset === undefined ? null : { kind: 'clock', reading: readingOf(message.value.offset) };
    case 'ending':
      return { kind: 'ending', signal: message.value.signal };
    case 'bye':
      return { kind: 'bye', reading: message.value.offset === undefined ? null : readingOf(message.value.offset) };
    default:
      return null;
  }
}

export interface OrderContext {
  readonly calibrationMaxAgeS: number;
  /** `served`: where the target is that others serve; absent: nobody does. */
  trialSpec(ref: TrialRef, index: number, served?: string): TrialSpec;
  /** An instant of the run on the monotonic clock of the coordinator's node. */
  monotonicOf(atNs: Ns): bigint;
}

/** A command as the agent reads it. */
export function wordsOf(command: AgentCommand, context: OrderContext): ControlResponse {
  const epoch = BigInt(command.epoch);
  const response = (init: Parameters<typeof create<typeof ControlResponseSchema>>[1]) =>
    create(ControlResponseSchema, init);
  switch (command.kind) {
    case 'renew':
      return renewal(epoch);
    case 'calibrate': {
      const request: CalibrationRequest = { ...command.spec, maxAgeS: context.calibrationMaxAgeS };
      const value = { command: BigInt(command.command), specJson: JSON.stringify(request) };
      return response({ message: { case: 'calibrate', value } });
    }
    case 'prepare': {
      const specJson = JSON.stringify(context.trialSpec(command.trial, command.index, command.served));
      const value = { epoch, command: BigInt(command.command), specJson };
      return response({ message: { case: 'prepare', value } });
    }
    case 'start': {
      const zeroNs = context.monotonicOf(command.zeroNs);
      const warmupNs = BigInt(Math.round(command.warmupNs));
      const value = { epoch, command: BigInt(command.command), zeroNs, warmupNs };
      return response({ message: { case: 'start', value } });
    }
    case 'stop': {
      const { reason } = command;
      const value = { epoch, command: BigInt(command.command), atNs: context.monotonicOf(command.atNs), reason };
      return response({ message: { case: 'stop', value } });
    }
    case 'drain':
      return response({ message: { case: 'drain', value: { reason: command.reason } } });
  }
}

/** Said once per heartbeat of every agent: a literal costs a tenth of what `create` does. */
const renewal = (epoch: bigint): ControlResponse => ({
  $typeName: 'loadcell.v1.ControlResponse',
  message: { case: 'leaseRenewed', value: { $typeName: 'loadcell.v1.LeaseRenewed', epoch } },
});

/** The node's facts of a registration; null when they are no JSON object with a text `id`. */
export function nodeOf(json: string): { id: string; fingerprint: Readonly<Record<string, unknown>> } | null {
  try {
    const fingerprint: unknown = JSON.parse(json);
    if (typeof fingerprint !== 'object' || fingerprint === null || !('id' in fingerprint)) return null;
    const { id } = fingerprint;
    return typeof id === 'string' && id !== '' ? { id, fingerprint: { ...fingerprint } } : null;
  } catch {
    return null;
  }
}

const readingOf = ({ offsetNs, boundNs, driftPpm }: ClockOffset): ClockReading => ({
  offsetNs: Number(offsetNs),
  boundNs: Number(boundNs),
  driftPpm,
});

const FAULT_CODES: readonly FaultCode[] = ['runner-died', 'target-setup', 'target-changed', 'agent-lost', 'own-fault'];

const faultCode = (code: string): FaultCode => FAULT_CODES.find((known) => known === code) ?? 'own-fault';
