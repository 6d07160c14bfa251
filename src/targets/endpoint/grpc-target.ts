import type { GrpcSpec, MethodCall } from '../../campaign/endpoint-spec.ts';
import { Outcome } from '../../stats/outcome.ts';
import type { Ns } from '../../time/ns.ts';
import type { NetworkContext, NetworkTarget, ServiceParts } from '../network-target.ts';
import { InputFault, RequestFailure, type TargetFacts } from '../target.ts';
import { AnswerBodies, LARGEST_ANSWER, OVERLONG } from './answer-bodies.ts';
import type { AnswerCheck } from './answer-check.ts';
import { audited } from './audited.ts';
import type { AnswerEvents, Asker } from './carrier.ts';
import { grpcCarrier } from './grpc-carrier.ts';
import { grpcFailure } from './grpc-status.ts';
import type { Http2Carrier } from './http2/carrier.ts';
import { changeOf } from './metadata-change.ts';
import { call, grpcRequest, OipCalls } from './oip-grpc.ts';
import type { OipMetadata } from './oip-http.ts';
import { afterFirst, openEndpoint, type Probed, probeOip, timed, useOf, withRepeats } from './opening.ts';
import type { RequestSource } from './prepared-request.ts';
import type { SecretPlaces } from './secret.ts';
import { UnaryMessages } from './unary-messages.ts';
import { unaryCall } from './unary-method.ts';

/** Longest wait for an answer before the load. */
const ASK_MS = 30_000;
/** After it, of each. */
const ASK_AGAIN_MS = 2000;
const TOO_LATE = new RequestFailure('timeout', 'DEADLINE_EXCEEDED', 'answered after the deadline of the call');

/** A gRPC endpoint: the Open Inference Protocol, or any unary method, over HTTP/2 as it is. */
export const grpcTarget = (spec: GrpcSpec, secrets: SecretPlaces): NetworkTarget => new GrpcTarget(spec, secrets);

class GrpcTarget implements NetworkTarget, AnswerEvents {
  readonly name = 'grpc';
  readonly #spec: GrpcSpec;
  readonly #secrets: SecretPlaces;
  readonly #failures = new Map<number, RequestFailure>();
  readonly #deadlineNs: number;
  /** Where they are looked at. */
  readonly #bodies = new AnswerBodies();
  /** Per place, the first sample of its request. */
  readonly #samples: number[] = [];
  #messages = new UnaryMessages(0);
  #context: NetworkContext | null = null;
  #carrier: Http2Carrier | null = null;
  #source: RequestSource | null = null;
  #metadata: OipMetadata | null = null;
  #answers: AnswerCheck | null = null;
  #calls: OipCalls | null = null;

  constructor(spec: GrpcSpec, secrets: SecretPlaces) {
    this.#spec = spec;
    this.#secrets = secrets;
    this.#deadlineNs = spec.deadlineNs ?? Number.POSITIVE_INFINITY;
  }

  async open(context: NetworkContext): Promise<TargetFacts> {
    this.#context = context;
    this.#messages = new UnaryMessages(context.connections * context.streams);
    const carrier = grpcCarrier(this.#spec, this.#secrets, useOf(context, this));
    this.#carrier = carrier;
    const { address, readyWithinNs, connections, streams } = this.#spec;
    const { probed, facts } = await openEndpoint(
      {
        carrier,
        where: address,
        readyWithinNs,
        now: () => context.now(),
        facts: { address, protocol: 'gRPC', connections, streams },
      },
      (asker) => this.#probe(asker, context),
    );
    this.#source = probed.source;
    this.#metadata = probed.metadata;
    this.#answers = probed.answers;
    const repeats = await audited(this.#spec.audit, probed, context, async (request) => {
      const { status } = await carrier.exchange(request, ASK_MS);
      return status === 0;
    });
    return withRepeats(facts, repeats);
  }

  prepare(place: number, sample: number): void {
    (this.#carrier as Http2Carrier).prepare(place, sample);
  }

  start(place: number, sample: number): void {
    this.#samples[place] = sample;
    this.#messages.begin(place);
    (this.#carrier as Http2Carrier).start(place);
  }

  cancel(place: number): void {
    this.#bodies.drop(place);
    (this.#carrier as Http2Carrier).cancel(place);
  }

  changed(): Promise<string | null> {
    const { call: oip, service, address } = this.#spec;
    const carrier = this.#carrier;
    const fault = this.#answers?.fault ?? null;
    if (fault !== null) return Promise.reject(new InputFault(fault));
    if (oip.kind !== 'oip' || carrier === null) return Promise.resolve(null);
    return changeOf(address, this.#metadata, () => new OipCalls(service, oip).metadata(carrier, ASK_AGAIN_MS));
  }

  async close(): Promise<void> {
    this.#carrier?.close();
    this.#source?.close();
    this.#answers?.close();
  }

  body(place: number, bytes: Buffer, from: number, to: number): void {
    this.#messages.add(place, bytes, from, to);
    if (this.#answers !== null) this.#bodies.add(place, bytes, from, to);
  }

  answered(place: number, readNs: number, status: number, parts: ServiceParts): void {
    const failure = this.#isLate(place, readNs)
      ? TOO_LATE
      : (this.#failureOf(place, status) ?? this.#messageFailure(place, status) ?? this.#answerFailure(place));
    this.#bodies.drop(place);
    this.#context?.settle(place, readNs, failure === null ? Outcome.ok : Outcome.targetError, failure, parts);
  }

  failed(place: number, readNs: number, failure: RequestFailure, parts: ServiceParts): void {
    this.#bodies.drop(place);
    const told = this.#isLate(place, readNs) ? TOO_LATE : failure;
    this.#context?.settle(place, readNs, Outcome.targetError, told, parts);
  }

  /** A caller has given its call up by then, whatever comes: a head may come long before the answer, and servers reset. */
  #isLate(place: number, readNs: number): boolean {
    return readNs - (this.#carrier as Http2Carrier).startNs(place) > this.#deadlineNs;
  }

  #messageFailure(place: number, status: number): RequestFailure | null {
    return status === 0 ? this.#messages.failure(place) : null;
  }

  #answerFailure(place: number): RequestFailure | null {
    const [answers, calls] = [this.#answers, this.#calls];
    if (answers === null || calls === null) return null;
    const body = this.#bodies.take(place);
    if (body.byteLength > LARGEST_ANSWER) return OVERLONG;
    const { count } = this.#source as RequestSource;
    return answers.failureOf(this.#samples[place] ?? 0, count, () => calls.outputsIn(body));
  }

  /** One and the same object for every answer with a status. */
  #failureOf(place: number, status: number): RequestFailure | null {
    if (status === 0) return null;
    const known = this.#failures.get(status);
    if (known !== undefined) return known;
    const made = grpcFailure(status, this.#carrier?.messageOf(place) ?? '');
    if (made !== null) this.#failures.set(status, made);
    return made;
  }

  #probe(carrier: Asker, { now }: NetworkContext): Promise<Probed> {
    const { call: asked, service } = this.#spec;
    if (asked.kind === 'method') return this.#probeMethod(carrier, asked, now);
    const calls = new OipCalls(service, asked);
    this.#calls = calls;
    return probeOip(
      asked,
      {
        metadata: () => calls.metadata(carrier, ASK_MS),
        request: (samples, index) => calls.request(samples, index),
        infer: (samples) => calls.outputs(carrier, samples, 0, ASK_MS),
      },
      now,
    );
  }

  async #probeMethod(carrier: Asker, method: MethodCall, now: () => Ns): Promise<Probed> {
    const { path, message, check } = unaryCall(method);
    const firstMs = await timed(async () => check(await call(carrier, path, message, ASK_MS)), now);
    const request = grpcRequest(path, message);
    const source: RequestSource = { count: 1, digest: null, request: () => request, close: () => {} };
    return { source, unsent: async () => afterFirst(source), metadata: null, firstMs, answers: null };
  }
}
