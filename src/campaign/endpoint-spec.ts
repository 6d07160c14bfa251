import type { Ns } from '../time/ns.ts';
import type { ExpectSpec, InputsSpec, PlannedFile } from './inputs-spec.ts';
import type { ServedEndpoint } from './served-endpoint.ts';
import type { PlainValue } from './target-spec.ts';
import type { ViaSpec } from './via-spec.ts';

/** Where a secret is: resolved on the agent only. */
export type SecretSource =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

export type HeaderValue = string | { readonly secret: SecretSource };

/** How a connection is secured beside what the system trusts. Files are absolute paths on the agent. */
export interface TlsSpec {
  /** Issuers that are trusted in place of the system's. */
  readonly ca: string | null;
  /** The client's own certificate, and its key. */
  readonly certificate: string | null;
  readonly key: SecretSource | null;
  /** The name that the certificate must be for; null: that of the address. */
  readonly serverName: string | null;
}

/** What every endpoint has. */
export interface ConnectionSpec {
  /** Of each agent. */
  readonly connections: number;
  /** Requests that one connection may have in flight. */
  readonly streams: number;
  /** Null: the connection is not secured. */
  readonly tls: TlsSpec | null;
  /** Longest wait for the endpoint to become ready; null: it must be. */
  readonly readyWithinNs: Ns | null;
  /** Asks for samples twice before the load; null: nobody does. */
  readonly audit: SameSampleSpec | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
  /** Our own endpoint, started for the trial: it gives the address. Absent: somebody else's. */
  readonly served?: ServedEndpoint;
  /** The network that is put in between. Absent: none. */
  readonly via?: ViaSpec;
  /** Where connections go in place of the address, which stays what requests and certificates are about. */
  readonly dialAt?: Remote;
}

/** Where a connection goes. */
export interface Remote {
  readonly host: string;
  readonly port: number;
}

/** An inference of the Open Inference Protocol. */
export interface OipCall {
  readonly kind: 'oip';
  readonly model: string;
  /** Null: the server's choice. */
  readonly modelVersion: string | null;
  readonly batch: number;
  readonly bind: Readonly<Record<string, number>>;
  readonly inputs: InputsSpec;
  /** What the answers must be; absent: any answer of the protocol is right. */
  readonly expect?: ExpectSpec;
}

/** Rows that a body is filled from. */
export interface DataSpec {
  readonly format: 'csv' | 'jsonl';
  readonly file: PlannedFile;
  /** `cycle`: request by request; `random`: drawn. */
  readonly pick: 'cycle' | 'random';
}

/** What makes a response right. */
export interface ResponseCheck {
  readonly status: readonly number[];
  /** A text that the body holds. */
  readonly contains: string | null;
  /** A value that the body holds as JSON, by its path. */
  readonly json: { readonly path: string; readonly equals: string | number | boolean | null } | null;
}

/** An answer that is a stream of server-sent events, and what makes it right. */
export interface StreamCheck {
  /** The data of the event that ends it; it is no event of its own. Null: the body's end does. */
  readonly done: string | null;
  /** Only events of this type count; null: of any. */
  readonly type: string | null;
  /** Only events whose data as JSON hold something other than null and "" at this path count; null: all do. */
  readonly holding: string | null;
  /** Fewest events that count. */
  readonly atLeast: number;
}

/** Any request. `{{column}}` in path and body stands for a row's value, `{{json column}}` for the value as JSON. */
export interface PlainCall {
  readonly kind: 'plain';
  readonly method: string;
  readonly body: string | null;
  readonly data: DataSpec | null;
  readonly expect: ResponseCheck;
  /** Null: an answer counts as a whole. */
  readonly stream: StreamCheck | null;
  readonly batch: number;
}

/** How much a same-sample audit may ask. */
export interface SameSampleSpec {
  /** Samples, two requests each. */
  readonly pairs: number;
  readonly withinNs: Ns;
}

export interface HttpSpec extends ConnectionSpec {
  readonly kind: 'http';
  readonly url: string;
  readonly version: '1.1' | '2';
  /** `never`: every request opens a connection of its own. */
  readonly reuse: 'always' | 'never';
  /** How request bodies are packed; null: not at all. */
  readonly compress: 'gzip' | null;
  readonly call: (OipCall & { readonly form: 'binary' | 'json' }) | PlainCall;
}

/** Any unary method, its message in JSON. */
export interface MethodCall {
  readonly kind: 'method';
  readonly proto: PlannedFile;
  /** `package.Service/Method` */
  readonly method: string;
  readonly message: Readonly<Record<string, PlainValue>>;
  readonly batch: number;
}

export interface GrpcSpec extends ConnectionSpec {
  readonly kind: 'grpc';
  /** Host and port. */
  readonly address: string;
  /** Full name of the inference service; null: the usual one. */
  readonly service: string | null;
  /** Of each call, which the server is told; null: none. */
  readonly deadlineNs: Ns | null;
  readonly call: OipCall | MethodCall;
}
