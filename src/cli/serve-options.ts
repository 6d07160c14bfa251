import { basename } from 'node:path';
import {
  parseBytes,
  parseDuration,
  parsePositiveDuration,
  parsePositiveRate,
  type Reading,
} from '../campaign/quantity.ts';
import { PLAIN_SESSION } from '../campaign/target-spec.ts';
import type { Batching } from '../endpoint/batch-queue.ts';
import {
  type EndpointSpec,
  type ListenSpec,
  type SecretPlace,
  type TlsSpec,
  USUAL,
} from '../endpoint/endpoint-spec.ts';
import { ns, toSeconds } from '../time/ns.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';

/** The flags of `loadcell serve` as they are typed. */
export interface ServeFlags {
  readonly name?: string;
  readonly http: string;
  readonly grpc: string;
  readonly workers: string;
  readonly threads: string;
  readonly providers: string;
  readonly require?: string;
  readonly bind: readonly string[];
  readonly batchMax?: string;
  readonly batchDelay: string;
  readonly batchPreferred?: string;
  readonly queue: string;
  readonly queueBytes: string;
  readonly maxBody: string;
  readonly maxConnections: string;
  readonly rateLimit?: string;
  readonly objective: readonly string[];
  readonly tokenEnv?: string;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
  readonly grace: string;
  readonly drain: string;
}

/** @throws Failure with the first flag that is not as it must be. */
export function endpointSpecOf(flags: ServeFlags, model: EndpointSpec['served']['model']): EndpointSpec {
  const [http, grpc] = [addressOf('--http', flags.http), addressOf('--grpc', flags.grpc)];
  if (http === null && grpc === null) throw usage('--http, --grpc: found none and none, expected at least one address');
  return {
    name: nameOf(flags.name, model),
    served: {
      model,
      providers: wordsOf('--providers', flags.providers),
      require: flags.require ?? null,
      threads: wholeOf('--threads', flags.threads, 1, 1024),
      session: PLAIN_SESSION,
      bind: bindOf(flags.bind),
    },
    workers: wholeOf('--workers', flags.workers, 1, 1024),
    batching: batchingOf(flags),
    queue: {
      requests: wholeOf('--queue', flags.queue, 1, 1_000_000),
      bytes: quantityOf('--queue-bytes', parseBytes(flags.queueBytes)),
    },
    http,
    grpc,
    tls: tlsOf(flags),
    token: tokenOf(flags),
    maxBodyBytes: quantityOf('--max-body', parseBytes(flags.maxBody)),
    receiveNs: ns(USUAL.receiveNs),
    maxConnections: wholeOf('--max-connections', flags.maxConnections, 1, 1_000_000),
    rateLimit: flags.rateLimit === undefined ? null : quantityOf('--rate-limit', parsePositiveRate(flags.rateLimit)),
    objectivesS: flags.objective.map((each) => toSeconds(quantityOf('--objective', parsePositiveDuration(each)))),
    graceNs: quantityOf('--grace', parseDuration(flags.grace)),
    drainNs: quantityOf('--drain', parseDuration(flags.drain)),
  };
}

const usage = (sentence: string): Failure => new Failure(EXIT_CODES['before-start'].code, sentence);

function quantityOf<T>(flag: string, reading: Reading<T>): T {
  if (reading.ok) return reading.value;
  throw usage(`${flag}: ${reading.problem}`);
}

function wholeOf(flag: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw usage(`${flag}: found ${text}, expected a whole number from ${least} to ${most}`);
}

function nameOf(given: string | undefined, model: EndpointSpec['served']['model']): string {
  const name = given ?? (model.kind === 'reference' ? model.name : basename(model.path).replace(/\.onnx$/i, ''));
  if (/^[\w.-]+$/.test(name)) return name;
  throw usage(`--name: found ${name}, expected letters, digits, dot, dash and underscore`);
}

function addressOf(flag: string, text: string): ListenSpec | null {
  if (text === 'none') return null;
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined && host !== '' && Number(port) <= 65_535) return { host, port: Number(port) };
  throw usage(`${flag}: found ${text}, expected a host and a port, for example 127.0.0.1:8000, or none`);
}

function wordsOf(flag: string, text: string): readonly string[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.every((word) => /^\w+$/.test(word))) return words;
  throw usage(`${flag}: found ${text}, expected names with commas between them, for example cuda,cpu`);
}

function bindOf(pairs: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    pairs.map((pair): [string, number] => {
      const [, name, size] = /^(.+)=(\d+)$/.exec(pair) ?? [];
      if (name !== undefined && Number(size) >= 1) return [name, Number(size)];
      throw usage(`--bind: found ${pair}, expected a name and a size, for example sequence=128`);
    }),
  );
}

function batchingOf({ batchMax, batchDelay, batchPreferred }: ServeFlags): Batching | null {
  if (batchMax === undefined) {
    if (batchPreferred === undefined && batchDelay === '0ms') return null;
    throw usage('--batch-max: found nothing beside other flags of batching, expected the largest batch, for example 8');
  }
  const max = wholeOf('--batch-max', batchMax, 1, 65_536);
  const sizes = batchPreferred === undefined ? [] : wordsOf('--batch-preferred', batchPreferred);
  const preferred = sizes.map((size) => wholeOf('--batch-preferred', size, 1, max)).sort((a, b) => a - b);
  return { max, delayNs: ns(quantityOf('--batch-delay', parseDuration(batchDelay))), preferred };
}

function tlsOf({ tlsCert, tlsKey, tlsClientCa }: ServeFlags): TlsSpec | null {
  if (tlsCert === undefined && tlsKey === undefined && tlsClientCa === undefined) return null;
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return { cert: tlsCert, key: tlsKey, clientCa: tlsClientCa ?? null };
  }
  throw usage(`--tls-${tlsCert === undefined ? 'cert' : 'key'}: found nothing, expected the PEM file that TLS needs`);
}

function tokenOf({ tokenEnv, tokenFile }: ServeFlags): SecretPlace | null {
  if (tokenEnv !== undefined) return { kind: 'env', name: tokenEnv };
  return tokenFile === undefined ? null : { kind: 'file', path: tokenFile };
}
