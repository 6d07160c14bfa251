import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import type { HttpSpec, ResponseCheck } from '../../src/campaign/endpoint-spec.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { httpTarget } from '../../src/targets/endpoint/http-target.ts';
import { ownSecrets } from '../../src/targets/endpoint/secret.ts';
import type { RequestFailure } from '../../src/targets/target.ts';
import { type Ns, ns } from '../../src/time/ns.ts';
import { type Canned, cannedHttp, cannedHttp2 } from '../support/canned-http.ts';
import { served as servedEndpoint } from '../support/endpoint.ts';
import { plainHttp } from '../support/endpoint-spec.ts';
import { echoModel } from '../support/served-models.ts';
import { type ServedTrial, serve } from '../support/served-trial.ts';
import { openLoad, phase, trialSpec } from '../support/trial-spec.ts';

const REQUESTS = 50;
const ANY: ResponseCheck = { status: [200], contains: null, json: null };
const ASKS_GZIP = { headers: { 'accept-encoding': 'gzip' } } as const;

async function finished(server: Promise<Canned>): Promise<Canned> {
  const found = await server;
  onTestFinished(() => found.close());
  return found;
}

const load = (target: HttpSpec): Promise<ServedTrial> =>
  serve(trialSpec({ phases: [phase('load', 0, 1, openLoad(REQUESTS, 1))], target }));

const ok = ({ phases: [served] }: ServedTrial): number => served?.tally.outcomes[Outcome.ok] ?? 0;
const codes = ({ intervals }: ServedTrial): readonly string[] => [
  ...new Set(intervals.flatMap(({ failures }) => failures.map(({ class: kind, code }) => `${kind} ${code}`))),
];

/** Takes a whole body apart and says whether it is what was to be sent. */
function asksFor(expected: string) {
  return (
    request: {
      readonly headers: Record<string, string | string[] | undefined>;
      on(event: 'data', got: (chunk: Buffer) => void): unknown;
      on(event: 'end', done: () => void): unknown;
    },
    response: { statusCode: number; end(text: string): unknown },
  ): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => void chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const isPacked = request.headers['content-encoding'] === 'gzip' && body.length < expected.length;
      response.statusCode = isPacked && gunzipSync(body).toString() === expected ? 200 : 400;
      response.end('ok');
    });
  };
}

test.each(['1.1', '2'] as const)('bodies go out in gzip over HTTP/%s, and say so', async (version) => {
  const body = 'a text that is repeated. '.repeat(100);
  const server = await finished(version === '2' ? cannedHttp2(asksFor(body)) : cannedHttp(asksFor(body)));
  const streams = version === '2' ? 8 : 1;
  const packed = plainHttp(server.url, { compress: 'gzip', version, streams }, { method: 'POST', body });
  expect(ok(await load(packed))).toBe(REQUESTS);
  await expect(load({ ...packed, compress: null })).rejects.toThrow('answered 400, expected 200');
});

const TEXT = JSON.stringify({ label: 'cat', text: 'x'.repeat(5000) });

/** The probe's answer is right, the others are `body`. */
function coded(coding: string, body: Buffer): Promise<Canned> {
  let count = 0;
  return finished(
    cannedHttp((_, response) => {
      const isFirst = count++ === 0;
      response.setHeader('content-encoding', isFirst ? 'gzip' : coding);
      response.end(isFirst ? gzipSync(TEXT) : body);
    }),
  );
}

const label: ResponseCheck = { ...ANY, json: { path: 'label', equals: 'cat' } };

test.each<[string, string, Buffer, readonly string[]]>([
  ['gzip is looked at as what it holds', 'gzip', gzipSync(TEXT), []],
  ['gzip that holds something else is a wrong output', 'gzip', gzipSync('{"label":"dog"}'), ['wrong-output json']],
  ['what is no gzip is a wrong output', 'gzip', Buffer.from(TEXT), ['wrong-output encoding']],
  ['what was cut off is a wrong output', 'gzip', gzipSync(TEXT).subarray(0, 40), ['wrong-output encoding']],
  [
    'gzip that holds more than is ever looked at is not unpacked',
    'gzip',
    gzipSync(Buffer.alloc(17 * 2 ** 20)),
    ['wrong-output too-long'],
  ],
  ['a coding that was not asked for is a wrong output', 'br', Buffer.from(TEXT), ['wrong-output encoding']],
])(
  'an answer in %s',
  async (_, coding, body, expected) => {
    const server = await coded(coding, body);
    const served = await load(plainHttp(server.url, ASKS_GZIP, { expect: label }));
    expect(codes(served)).toEqual(expected);
    expect(ok(served)).toBe(expected.length === 0 ? REQUESTS : 0);
  },
  30_000,
);

test('answers that nobody looks at are not unpacked', async () => {
  const server = await coded('gzip', Buffer.from('no gzip at all'));
  expect(ok(await load(plainHttp(server.url, ASKS_GZIP)))).toBe(REQUESTS);
});

test('a stream of events in a coding is a wrong output', async () => {
  const stream = { done: null, type: null, holding: null, atLeast: 1 };
  let count = 0;
  const streaming = await finished(
    cannedHttp((_, response) => {
      if (count++ > 0) response.setHeader('content-encoding', 'gzip');
      response.end(count === 1 ? 'data: a\n\n' : gzipSync('data: a\n\n'));
    }),
  );
  const served = await load(plainHttp(streaming.url, {}, { stream }));
  expect(codes(served)).toEqual(['wrong-output encoding']);
});

interface Settled {
  readonly completedNs: number;
  readonly toldNs: number;
  readonly failure: RequestFailure | null;
}

test('a request is complete with its last byte: what unpacking takes is in no measured time', async () => {
  const body = gzipSync(Buffer.concat([Buffer.alloc(15 * 2 ** 20, 'x'), Buffer.from('cat')]));
  const server = await finished(
    cannedHttp((_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(body);
    }),
  );
  const spec = plainHttp(server.url, ASKS_GZIP, { expect: { ...ANY, contains: 'cat' } });
  const target = httpTarget(spec, ownSecrets({}));
  const { promise, resolve } = Promise.withResolvers<Settled>();
  const now = (): Ns => ns(performance.now() * 1e6);
  await target.open({
    now,
    random: () => 0.5,
    connections: 1,
    streams: 1,
    audits: false,
    freshSeed: '7',
    settle: (_, completedNs, __, failure) => resolve({ completedNs, toldNs: now(), failure }),
    event: () => {},
  });
  target.prepare?.(0, 0);
  target.start(0, 0);
  const { completedNs, toldNs, failure } = await promise;
  await target.close();
  expect(failure).toBeNull();
  expect(toldNs - completedNs).toBeGreaterThan(1e6);
});

test.each(['binary', 'json'] as const)(
  'our own endpoint takes %s bodies in gzip and answers in it',
  async (form) => {
    const { url } = await servedEndpoint(echoModel());
    const call = {
      kind: 'oip',
      model: 'm',
      modelVersion: null,
      batch: 200,
      bind: {},
      inputs: { kind: 'random', samples: 400 },
      form,
    } as const;
    const spec: HttpSpec = { ...plainHttp(url, { compress: 'gzip', ...ASKS_GZIP }), call };
    const served = await load(spec);
    expect(codes(served)).toEqual([]);
    expect(ok(served)).toBe(REQUESTS);
  },
  60_000,
);
