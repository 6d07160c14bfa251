import type { OipCall } from '../../campaign/endpoint-spec.ts';
import { type Ns, ns, toMilliseconds } from '../../time/ns.ts';
import type { NetworkContext } from '../network-target.ts';
import { INPUT_SET_SEED } from '../random-values.ts';
import type { EndpointFacts, TargetFacts } from '../target.ts';
import { AnswerCheck } from './answer-check.ts';
import type { AnswerEvents, Asker, Carrier, CarrierUse } from './carrier.ts';
import { refusalOf } from './connection-fault.ts';
import type { OipMetadata } from './oip-http.ts';
import { type OipSamples, oipSamples } from './oip-samples.ts';
import type { PreparedRequest, RequestSource } from './prepared-request.ts';
import { readyWithin } from './readiness.ts';
import type { RepeatFacts } from './same-sample.ts';

/** What the checked probe of an endpoint came to. */
export interface Probed {
  readonly source: RequestSource;
  /** Requests that were not sent yet, `count` of them where they are drawn: then from this seed. */
  readonly unsent: (count: number, seed: string) => Promise<RequestSource>;
  /** Null: the endpoint says nothing of itself. */
  readonly metadata: OipMetadata | null;
  /** Of its first answer. */
  readonly firstMs: number;
  /** What every answer is held against; null: nothing beside its status. */
  readonly answers: AnswerCheck | null;
}

export interface Opening {
  readonly carrier: Carrier;
  /** Names the endpoint in what is refused. */
  readonly where: string;
  readonly readyWithinNs: Ns | null;
  readonly now: () => Ns;
  readonly facts: Pick<EndpointFacts, 'address' | 'protocol' | 'connections' | 'streams'>;
}

/**
 * Waits until the endpoint answers the probe, lays its requests ready and opens every connection.
 *
 * @throws whatever {@link refusalOf} makes of what is wrong; the carrier is closed then.
 */
export async function openEndpoint(
  { carrier, where, readyWithinNs, now, facts }: Opening,
  probe: (asker: Asker) => Promise<Probed>,
): Promise<{ readonly probed: Probed; readonly facts: TargetFacts }> {
  const began = now();
  try {
    const probed = await readyWithin(readyWithinNs, (leftMs) =>
      probe({ exchange: (request, withinMs) => carrier.exchange(request, Math.min(withinMs, leftMs())) }),
    );
    const { source, metadata, firstMs } = probed;
    carrier.feed((index) => source.request(index), source.count);
    await carrier.open();
    return {
      probed,
      facts: {
        endpoint: { ...facts, server: metadata?.server ?? null, model: metadata?.model ?? null },
        ...(source.digest === null ? {} : { inputs: { digest: source.digest } }),
        start: { sessionMs: millisecondsFrom(began, now()) - firstMs, firstInferenceMs: firstMs },
      },
    };
  } catch (error) {
    carrier.close();
    throw refusalOf(error, where);
  }
}

/** The facts of an endpoint and what its audit found; null: there was none. */
export const withRepeats = (facts: TargetFacts, repeats: RepeatFacts | null): TargetFacts =>
  repeats === null || facts.endpoint === undefined ? facts : { ...facts, endpoint: { ...facts.endpoint, repeats } };

/** What a target's own thread makes of its endpoint. */
export const useOf = (context: NetworkContext, events: AnswerEvents): CarrierUse => ({
  connections: context.connections,
  streams: context.streams,
  now: () => context.now(),
  events,
});

/** What the Open Inference Protocol asks before the load, in one of its forms. */
export interface OipQuestions {
  metadata(): Promise<OipMetadata>;
  request(samples: OipSamples, index: number): PreparedRequest;
  /** Makes the inference of the first sample and looks at its answer. */
  infer(samples: OipSamples): Promise<unknown>;
}

/** Asks what is served, and makes one inference that is looked at. */
export async function probeOip(call: OipCall, ask: OipQuestions, now: () => Ns): Promise<Probed> {
  const metadata = await ask.metadata();
  const samples = await oipSamples(call, metadata.model.inputs, INPUT_SET_SEED);
  try {
    const firstMs = await timed(() => ask.infer(samples), now);
    const { expect, batch } = call;
    const asked = { count: samples.count, batch };
    const answers = expect === undefined ? null : await AnswerCheck.open(expect, metadata.model.outputs, asked);
    return {
      source: sourceOf(samples, ask),
      unsent: unsentBy(call, ask, { metadata, samples }),
      metadata,
      firstMs,
      answers,
    };
  } catch (error) {
    // It may be tried again, and its files would stay open.
    samples.close();
    throw error;
  }
}

const sourceOf = (samples: OipSamples, ask: OipQuestions): RequestSource => ({
  count: samples.count,
  digest: samples.digest,
  request: (index) => ask.request(samples, index),
  close: () => samples.close(),
});

function unsentBy(
  call: OipCall,
  ask: OipQuestions,
  { metadata, samples }: { readonly metadata: OipMetadata; readonly samples: OipSamples },
): Probed['unsent'] {
  const { inputs } = call;
  return async (count, seed) => {
    if (inputs.kind !== 'random') return afterFirst(sourceOf(samples, ask));
    const others = { ...call, inputs: { ...inputs, samples: count } };
    return sourceOf(await oipSamples(others, metadata.model.inputs, seed), ask);
  };
}

/** All but the request that the probe sent. */
export const afterFirst = (source: RequestSource): RequestSource => ({
  ...source,
  count: source.count - 1,
  request: (index) => source.request(index + 1),
  close: () => {},
});

/** How long an answer took, milliseconds. */
export async function timed(answer: () => Promise<unknown>, now: () => Ns): Promise<number> {
  const began = now();
  await answer();
  return millisecondsFrom(began, now());
}

const millisecondsFrom = (from: Ns, to: Ns): number => toMilliseconds(ns(to - from));
