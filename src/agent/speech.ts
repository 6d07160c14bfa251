import type { Arrival } from '../wire/arrival.ts';
import type { CalibrationRequest } from '../wire/calibration.ts';
import {
  ArmedSchema,
  ByeSchema,
  CalibratedSchema,
  type ClockOffset,
  ClockOffsetSchema,
  ClockProbeSchema,
  type ControlRequest,
  EndingSchema,
  FaultSchema,
  HeartbeatSchema,
  ReadySchema,
  RegisterSchema,
  TrialDoneSchema,
} from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { create } from '../wire/protobuf.ts';
import type { TrialSpec } from '../wire/trial-spec.ts';
import type { Answer } from './agent-state.ts';
import type { OffsetFinding } from './clock-offset.ts';
import type { NodeFacts } from './node-facts.ts';

/** The agent's words on the wire: one function per thing that it says or is told in JSON. */
export type Words = ControlRequest['message'];

export interface Identity {
  readonly runId: string;
  readonly attempt: number;
  /** The agent's place in the fleet, from 0. */
  readonly index: number;
  /** Drawn once per process. */
  readonly nonce: string;
  readonly token: string;
  readonly pid: number;
  readonly node: NodeFacts;
  /** Null: it needs no GPU. */
  readonly arrival: Arrival | null;
}

export const registration = ({ runId, attempt, index, nonce, token, pid, node, arrival }: Identity): Words => {
  const nodeJson = JSON.stringify(node);
  const arrivalJson = arrival === null ? '' : JSON.stringify(arrival);
  const version = node.loadcell;
  const value = create(RegisterSchema, { runId, attempt, index, nonce, token, version, pid, nodeJson, arrivalJson });
  return { case: 'register', value };
};

export const heartbeat = (epoch: bigint): Words => ({ case: 'heartbeat', value: create(HeartbeatSchema, { epoch }) });

export const clockProbe = (t1Ns: bigint, finding: OffsetFinding | null): Words => ({
  case: 'clockProbe',
  value: create(ClockProbeSchema, { t1Ns, ...offsetField(finding) }),
});

export const ending = (signal: string): Words => ({ case: 'ending', value: create(EndingSchema, { signal }) });

export const bye = (lastSeq: number, finding: OffsetFinding | null): Words => ({
  case: 'bye',
  value: create(ByeSchema, { lastSeq: BigInt(lastSeq), ...offsetField(finding) }),
});

const offsetField = (finding: OffsetFinding | null): { readonly offset?: ClockOffset } =>
  finding === null ? {} : { offset: create(ClockOffsetSchema, finding) };

/** `clock`: names the one whose instants are told; null: not known. */
export function answerWords(answer: Answer, clock: string | null): Words {
  const { command } = answer;
  switch (answer.kind) {
    case 'calibrated': {
      const resultJson = JSON.stringify(answer.result);
      return { case: 'calibrated', value: create(CalibratedSchema, { command, resultJson }) };
    }
    case 'ready':
      return { case: 'ready', value: create(ReadySchema, { command, factsJson: JSON.stringify(answer.facts) }) };
    case 'armed': {
      const { inTime, marginNs, zero } = answer;
      const value = create(ArmedSchema, { command, inTime, marginNs, zeroNs: zero ?? 0n, clock: clock ?? '' });
      return { case: 'armed', value };
    }
    case 'trial-done': {
      const { lastSeq, server } = answer;
      const serverJson = server === null ? '' : JSON.stringify(server);
      return { case: 'trialDone', value: create(TrialDoneSchema, { command, lastSeq: BigInt(lastSeq), serverJson }) };
    }
    case 'fault': {
      const { code, message } = answer;
      return { case: 'fault', value: create(FaultSchema, { command, code, message }) };
    }
  }
}

/** The coordinator's JSON is taken for what it is declared as: both ends come from one program. */
export const trialSpecOf = (specJson: string): TrialSpec => JSON.parse(specJson) as TrialSpec;

export const calibrationRequestOf = (specJson: string): CalibrationRequest =>
  JSON.parse(specJson) as CalibrationRequest;
