import type { HttpSpec, ResponseCheck } from '../../campaign/endpoint-spec.ts';
import { headerLengthOf } from '../../oip/http-message.ts';
import { decodeResponse } from '../../oip/http-response.ts';
import { HEADER_LENGTH_HEADER } from '../../oip/infer.ts';
import { Outcome } from '../../stats/outcome.ts';
import type { Ns } from '../../time/ns.ts';
import type { NetworkContext, NetworkTarget, ServiceParts } from '../network-target.ts';
import { InputFault, RequestFailure, type TargetFacts } from '../target.ts';
import { AnswerBodies, LARGEST_ANSWER, OVERLONG } from './answer-bodies.ts';
import type { AnswerCheck } from './answer-check.ts';
import { audited } from './audited.ts';
import type { AnswerEvents, Carrier } from './carrier.ts';
import { decodedBody, decoding } from './content-coding.ts';
import { httpCarrier } from './http-carrier.ts';
import { ASK_MS, probeHttp } from './http-probe.ts';
import { changeOf } from './metadata-change.ts';
import { askMetadata, type OipMetadata } from './oip-http.ts';
import { openEndpoint, useOf, withRepeats } from './opening.ts';
import type { RequestSource } from './prepared-request.ts';
import { LONGEST_BODY, ResponseJudge } from './response-judge.ts';
import type { SecretPlaces } from './secret.ts';
import { Streams } from './streams.ts';

const OIP_CHECK: ResponseCheck = { status: [200], contains: null, json: null };
/** Longest wait for an answer after the load. */
const ASK_AGAIN_MS = 2000;
/** Packing bodies may take so long before the load; the others are packed when their turn comes. */
const MOST_PACKING_NS = 20e9;
const PACKED_STREAM = new RequestFailure(
  'wrong-output',
  'encoding',
  'found a stream of events in a coding, which cannot be read event by event; expected none',
);

/** An HTTP endpoint: the Open Inference Protocol, or any request. */
export const httpTarget = (spec: HttpSpec, secrets: SecretPlaces): NetworkTarget => new HttpTarget(spec, secrets);

class HttpTarget implements NetworkTarget, AnswerEvents {
  readonly name = 'http';
  readonly #spec: HttpSpec;
  readonly #secrets: SecretPlaces;
  readonly #url: URL;
  readonly #judge: ResponseJudge;
  /** Null: an answer counts as a whole. */
  readonly #streams: Streams | null;
  /** Where they are looked at. */
  readonly #bodies: AnswerBodies;
  /** Per place, the first sample of its request. */
  readonly #samples: number[] = [];
  #context: NetworkContext | null = null;
  #carrier: Carrier | null = null;
  #source: RequestSource | null = null;
  #metadata: OipMetadata | null = null;
  #answers: AnswerCheck | null = null;

  constructor(spec: HttpSpec, secrets: SecretPlaces) {
    this.#spec = spec;
    this.#secrets = secrets;
    this.#url = new URL(spec.url);
    this.#judge = new ResponseJudge(spec.call.kind === 'oip' ? OIP_CHECK : spec.call.expect);
    this.#bodies = this.#judge.needsBody ? new AnswerBodies(LONGEST_BODY + 1) : new AnswerBodies();
    const stream = spec.call.kind === 'oip' ? null : spec.call.stream;
    this.#streams =
      stream === null
        ? null
        : new Streams(stream, (place, sinceNs, atNs) => this.#context?.event(place, sinceNs, atNs));
  }

  async open(context: NetworkContext): Promise<TargetFacts> {
    this.#context = context;
    const carrier = httpCarrier(this.#spec, this.#secrets, useOf(context, this));
    this.#carrier = carrier;
    const { readyWithinNs, connections, streams } = this.#spec;
    const { probed, facts } = await openEndpoint(
      {
        carrier,
        where: this.#url.origin,
        readyWithinNs,
        now: () => context.now(),
        facts: { address: this.#url.origin + this.#url.pathname, protocol: this.#protocol(), connections, streams },
      },
      (asker) =>
        probeHttp({ spec: this.#spec, url: this.#url, judge: this.#judge, carrier: asker, now: () => context.now() }),
    );
    this.#source = probed.source;
    this.#metadata = probed.metadata;
    this.#answers = probed.answers;
    if (this.#spec.compress !== null) layAll(carrier, probed.source.count, () => context.now());
    const repeats = await audited(this.#spec.audit, probed, context, async (request) => {
      const { status } = await carrier.exchange(request, ASK_MS);
      return this.#judge.ofStatus(status) === null;
    });
    return withRepeats(facts, repeats);
  }

  prepare(place: number, sample: number): void {
    (this.#carrier as Carrier).prepare(place, sample);
  }

  start(place: number, sample: number): void {
    this.#samples[place] = sample;
    this.#streams?.clear(place);
    (this.#carrier as Carrier).start(place);
  }

  cancel(place: number): void {
    this.#bodies.drop(place);
    (this.#carrier as Carrier).cancel(place);
  }

  changed(): Promise<string | null> {
    const { call } = this.#spec;
    const [carrier, { origin, pathname }] = [this.#carrier, this.#url];
    const fault = this.#answers?.fault ?? null;
    if (fault !== null) return Promise.reject(new InputFault(fault));
    if (call.kind !== 'oip' || carrier === null) return Promise.resolve(null);
    return changeOf(origin, this.#metadata, () => askMetadata(decoding(carrier, origin), pathname, call, ASK_AGAIN_MS));
  }

  async close(): Promise<void> {
    this.#carrier?.close();
    this.#source?.close();
    this.#answers?.close();
  }

  body(place: number, bytes: Buffer, from: number, to: number): void {
    if (this.#streams !== null) this.#streams.read(place, (this.#carrier as Carrier).readNs(place), bytes, from, to);
    if (this.#judge.needsBody || this.#answers !== null) this.#bodies.add(place, bytes, from, to);
  }

  answered(place: number, readNs: number, status: number, parts: ServiceParts): void {
    const failure = this.#judge.ofStatus(status) ?? this.#streamFailure(place) ?? this.#bodyFailure(place);
    this.#bodies.drop(place);
    if (this.#streams !== null) parts.firstEventAtNs = this.#streams.firstAtNs(place);
    const outcome = failure === null ? Outcome.ok : Outcome.targetError;
    this.#context?.settle(place, readNs, outcome, failure, parts);
  }

  failed(place: number, readNs: number, failure: RequestFailure, parts: ServiceParts): void {
    this.#bodies.drop(place);
    this.#context?.settle(place, readNs, Outcome.targetError, failure, parts);
  }

  #bodyFailure(place: number): RequestFailure | null {
    if (this.#answers === null && !this.#judge.needsBody) return null;
    const sent = this.#bodies.take(place);
    if (sent.byteLength > LARGEST_ANSWER) return OVERLONG;
    const body = decodedBody(sent, this.#codingOf(place));
    if (body instanceof RequestFailure) return body;
    return this.#answers === null ? this.#judge.ofBody(body) : this.#answerFailure(place, body, this.#answers);
  }

  #answerFailure(place: number, body: Buffer, answers: AnswerCheck): RequestFailure | null {
    const length = (this.#carrier as Carrier).header(place, HEADER_LENGTH_HEADER);
    const { count } = this.#source as RequestSource;
    return answers.failureOf(
      this.#samples[place] ?? 0,
      count,
      () => decodeResponse(body, headerLengthOf(length)).outputs,
    );
  }

  /** A stream in a coding cannot be read event by event. */
  #streamFailure(place: number): RequestFailure | null {
    if (this.#streams === null) return null;
    const coding = this.#codingOf(place);
    return coding === '' || coding === 'identity' ? this.#streams.failure(place) : PACKED_STREAM;
  }

  /** The `Content-Encoding` of the answer that is told, in lower case; empty: none. */
  #codingOf(place: number): string {
    return (this.#carrier as Carrier).header(place, 'content-encoding')?.toLowerCase() ?? '';
  }

  #protocol(): string {
    const { call, version } = this.#spec;
    return call.kind === 'oip' ? `oip-${call.form} over HTTP/${version}` : `HTTP/${version}`;
  }
}

/** Makes requests ready, as far as there are room and time. */
function layAll(carrier: Carrier, count: number, now: () => Ns): void {
  const untilNs = now() + MOST_PACKING_NS;
  for (let sample = 0; sample < count && now() < untilNs; sample++) carrier.prepare(0, sample);
}
