import type { HttpSpec, PlainCall, ResponseCheck } from '../../campaign/endpoint-spec.ts';
import { headerLengthOf } from '../../oip/http-message.ts';
import { decodeResponse } from '../../oip/http-response.ts';
import { HEADER_LENGTH_HEADER } from '../../oip/infer.ts';
import { Outcome } from '../../stats/outcome.ts';
import type { Ns } from '../../time/ns.ts';
import type { NetworkContext, NetworkTarget, ServiceParts } from '../network-target.ts';
import { RequestFailure, type TargetFacts } from '../target.ts';
import { AnswerBodies } from './answer-bodies.ts';
import type { AnswerCheck } from './answer-check.ts';
import type { AnswerEvents, Carrier, Exchange } from './carrier.ts';
import { EndpointRefused } from './connection-fault.ts';
import { httpCarrier } from './http-carrier.ts';
import { changeOf } from './metadata-change.ts';
import { askMetadata, inferRequest, modelPath, type OipMetadata, outputsOf } from './oip-http.ts';
import type { OipSamples } from './oip-samples.ts';
import { openEndpoint, type Probed, probeOip, timed, useOf } from './opening.ts';
import { plainRequests } from './plain-requests.ts';
import type { RequestSource } from './prepared-request.ts';
import { ResponseJudge } from './response-judge.ts';
import type { SecretPlaces } from './secret.ts';
import { Streams } from './streams.ts';

const OIP_CHECK: ResponseCheck = { status: [200], contains: null, json: null };
/** Longest wait for an answer before the load. */
const ASK_MS = 30_000;
/** After it, of each. */
const ASK_AGAIN_MS = 2000;

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
  readonly #bodies = new AnswerBodies();
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
      () => this.#probe(carrier, context),
    );
    this.#source = probed.source;
    this.#metadata = probed.metadata;
    this.#answers = probed.answers;
    return facts;
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
    if (fault !== null) return Promise.resolve(fault);
    if (call.kind !== 'oip' || carrier === null) return Promise.resolve(null);
    return changeOf(origin, this.#metadata, () => askMetadata(carrier, pathname, call, ASK_AGAIN_MS));
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
    const failure = this.#judge.ofStatus(status) ?? this.#streams?.failure(place) ?? this.#bodyFailure(place);
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
    if (this.#answers !== null) return this.#answerFailure(place, this.#answers);
    return this.#judge.needsBody ? this.#judge.ofBody(this.#bodies.take(place)) : null;
  }

  #answerFailure(place: number, answers: AnswerCheck): RequestFailure | null {
    const body = this.#bodies.take(place);
    const length = (this.#carrier as Carrier).header(place, HEADER_LENGTH_HEADER);
    const { count } = this.#source as RequestSource;
    return answers.failureOf(
      this.#samples[place] ?? 0,
      count,
      () => decodeResponse(body, headerLengthOf(length)).outputs,
    );
  }

  /** Of an answer that was read whole. */
  #streamFailure({ body, header }: Exchange): RequestFailure | null {
    const { call } = this.#spec;
    if (call.kind === 'oip' || call.stream === null) return null;
    const streams = new Streams(call.stream, () => {});
    streams.read(0, 0, body, 0, body.length);
    const failure = streams.failure(0);
    if (failure === null) return null;
    const type = header('content-type') ?? 'none';
    const found = /^text\/event-stream\b/iu.test(type)
      ? ''
      : ` in a body of the type ${type.slice(0, 60)}, expected text/event-stream`;
    return new RequestFailure(failure.outcome, failure.code, `${failure.message}${found}`);
  }

  /** Asks what is served, and makes one request that is looked at. */
  #probe(carrier: Carrier, { now }: NetworkContext): Promise<Probed> {
    const { call } = this.#spec;
    if (call.kind === 'plain') return this.#probePlain(carrier, call, now);
    const { pathname } = this.#url;
    const path = modelPath(pathname, call);
    const request = (samples: OipSamples, index: number) => inferRequest(path, samples, call.form, index);
    return probeOip(
      call,
      {
        metadata: () => askMetadata(carrier, pathname, call, ASK_MS),
        request,
        infer: async (samples) => outputsOf(await carrier.exchange(request(samples, 0), ASK_MS), path, call.model),
      },
      now,
    );
  }

  async #probePlain(carrier: Carrier, call: PlainCall, now: () => Ns): Promise<Probed> {
    const source = plainRequests(call, pathOf(this.#spec.url));
    const firstMs = await timed(async () => {
      const answer = await carrier.exchange(source.request(0), ASK_MS);
      const failure =
        this.#judge.ofStatus(answer.status) ?? this.#streamFailure(answer) ?? this.#judge.ofBody(answer.body);
      if (failure !== null) throw new EndpointRefused(`${this.#url.pathname}: ${failure.message}`);
    }, now);
    return { source, metadata: null, firstMs, answers: null };
  }

  #protocol(): string {
    const { call, version } = this.#spec;
    return call.kind === 'oip' ? `oip-${call.form} over HTTP/${version}` : `HTTP/${version}`;
  }
}

/** What follows the host as it is written: placeholders stay what they are. */
const pathOf = (url: string): string =>
  url
    .replace(/^https?:\/\/[^/?#]*/u, '')
    .replace(/#.*$/u, '')
    .replace(/^(?!\/)/u, '/');
