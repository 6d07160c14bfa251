import type { GrpcSpec, HttpSpec, OipCall } from '../../campaign/endpoint-spec.ts';
import type { NetworkSpec } from '../../campaign/target-spec.ts';
import { countsOf, decodeStatistics, type ModelCounts, type ModelStatistics } from '../../oip/statistics.ts';
import type { AnswerEvents, Carrier } from './carrier.ts';
import { EndpointRefused } from './connection-fault.ts';
import { decoding } from './content-coding.ts';
import { grpcCarrier } from './grpc-carrier.ts';
import { httpCarrier } from './http-carrier.ts';
import { OipCalls } from './oip-grpc.ts';
import { get, modelPath, read, statusWords } from './oip-http.ts';
import type { SecretPlaces } from './secret.ts';

/** Asks a server what it has counted of the model that is measured, on a connection of its own. */
export interface ServerCounts {
  /** `GET /v2/models/m/stats` */
  readonly source: string;
  /** All versions of the model together, where the call names none. Rejects with one sentence for people. */
  ask(withinMs: number): Promise<ModelCounts>;
  close(): void;
}

/** Null: what is called is no inference of the protocol that has such counts. @throws SecretError */
export function serverCounts(spec: NetworkSpec, secrets: SecretPlaces): ServerCounts | null {
  const { call } = spec;
  if (call.kind !== 'oip') return null;
  return spec.kind === 'grpc' ? overGrpc(spec, call, secrets) : overHttp(spec, call, secrets);
}

/** Past the network that may be put in between: it is for what is measured. */
function overHttp({ dialAt: _between, ...spec }: HttpSpec, call: OipCall, secrets: SecretPlaces): ServerCounts {
  const carrier = httpCarrier({ ...spec, reuse: 'always' }, secrets, ALONE);
  const { origin, pathname } = new URL(spec.url);
  const path = `${modelPath(pathname, call)}/stats`;
  return counts(carrier, `GET ${path}`, call, async (withinMs) => {
    const { status, body } = await decoding(carrier, origin).exchange(get(path), withinMs);
    if (status !== 200) throw new EndpointRefused(`${path}: ${statusWords(status, call.model)}`);
    return read(path, () => decodeStatistics(body));
  });
}

function overGrpc({ dialAt: _between, ...spec }: GrpcSpec, call: OipCall, secrets: SecretPlaces): ServerCounts {
  const carrier = grpcCarrier({ ...spec, deadlineNs: null }, secrets, ALONE);
  const calls = new OipCalls(spec.service, call);
  return counts(carrier, calls.statisticsPath, call, (withinMs) => calls.statistics(carrier, withinMs));
}

function counts(
  carrier: Carrier,
  source: string,
  { model }: OipCall,
  ask: (withinMs: number) => Promise<readonly ModelStatistics[]>,
): ServerCounts {
  return {
    source,
    ask: async (withinMs) => {
      const found = (await ask(withinMs)).filter(({ name }) => name === model);
      if (found.length > 0) return countsOf(found);
      throw new EndpointRefused(`${source}: found no statistics of ${model}, expected them`);
    },
    close: () => carrier.close(),
  };
}

/** Nothing but what is exchanged goes over this connection. */
const UNHEARD: AnswerEvents = { body: () => {}, answered: () => {}, failed: () => {} };
const ALONE = { connections: 1, streams: 1, now: () => 0, events: UNHEARD } as const;
