import type { HttpSpec, OipCall, PlainCall } from '../../campaign/endpoint-spec.ts';
import type { Ns } from '../../time/ns.ts';
import { RequestFailure } from '../target.ts';
import type { Asker, Exchange } from './carrier.ts';
import { EndpointRefused } from './connection-fault.ts';
import { decoding, packed, packedRequest } from './content-coding.ts';
import { askMetadata, inferRequest, modelPath, outputsOf } from './oip-http.ts';
import type { OipSamples } from './oip-samples.ts';
import { afterFirst, type Probed, probeOip, timed } from './opening.ts';
import { plainRequests } from './plain-requests.ts';
import type { PreparedRequest } from './prepared-request.ts';
import type { ResponseJudge } from './response-judge.ts';
import { Streams } from './streams.ts';

/** Longest wait for an answer before the load. */
export const ASK_MS = 30_000;

/** What an HTTP endpoint is asked with before the load. */
export interface ProbeParts {
  readonly spec: HttpSpec;
  readonly url: URL;
  readonly judge: ResponseJudge;
  readonly carrier: Asker;
  readonly now: () => Ns;
}

/** Asks what is served, and makes one request that is looked at. @throws EndpointRefused, FeedError */
export function probeHttp(parts: ProbeParts): Promise<Probed> {
  const { call } = parts.spec;
  return call.kind === 'oip' ? probeInference(parts, call) : probePlain(parts, call);
}

function probeInference(
  { spec, url, carrier, now }: ProbeParts,
  call: OipCall & { readonly form: 'binary' | 'json' },
): Promise<Probed> {
  const { origin, pathname } = url;
  const path = modelPath(pathname, call);
  const asker = decoding(carrier, origin);
  const request = (samples: OipSamples, index: number): PreparedRequest => {
    const inference = inferRequest(path, samples, call.form, index);
    return spec.compress === null ? inference : packedRequest(inference);
  };
  return probeOip(
    call,
    {
      metadata: () => askMetadata(asker, pathname, call, ASK_MS),
      request,
      infer: async (samples) => outputsOf(await asker.exchange(request(samples, 0), ASK_MS), path, call.model),
    },
    now,
  );
}

async function probePlain({ spec, url, judge, carrier, now }: ProbeParts, call: PlainCall): Promise<Probed> {
  const plain = plainRequests(call, pathOf(spec.url));
  const source = spec.compress === null ? plain : packed(plain);
  const firstMs = await timed(async () => {
    const answer = await decoding(carrier, url.origin).exchange(source.request(0), ASK_MS);
    const failure = judge.ofStatus(answer.status) ?? streamFailure(call, answer) ?? judge.ofBody(answer.body);
    if (failure !== null) throw new EndpointRefused(`${url.pathname}: ${failure.message}`);
  }, now);
  return { source, unsent: async () => afterFirst(source), metadata: null, firstMs, answers: null };
}

/** Of an answer that was read whole. */
function streamFailure({ stream }: PlainCall, { body, header }: Exchange): RequestFailure | null {
  if (stream === null) return null;
  const streams = new Streams(stream, () => {});
  streams.read(0, 0, body, 0, body.length);
  const failure = streams.failure(0);
  if (failure === null) return null;
  const type = header('content-type') ?? 'none';
  const found = /^text\/event-stream\b/iu.test(type)
    ? ''
    : ` in a body of the type ${type.slice(0, 60)}, expected text/event-stream`;
  return new RequestFailure(failure.outcome, failure.code, `${failure.message}${found}`);
}

/** What follows the host as it is written: placeholders stay what they are. */
const pathOf = (url: string): string =>
  url
    .replace(/^https?:\/\/[^/?#]*/u, '')
    .replace(/#.*$/u, '')
    .replace(/^(?!\/)/u, '/');
