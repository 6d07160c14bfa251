import { expect, test } from 'vitest';
import { endpointText } from '../../../src/campaign/endpoint-text.ts';
import { buildPlan } from '../../../src/campaign/plan-build.ts';
import type { NetworkSpec } from '../../../src/campaign/target-spec.ts';
import { campaignOf, mistakesOf, planContext } from '../../support/campaigns.ts';

const text = (target: string, more = '') =>
  `name: n\ntargets: { t: { ${target} } }\nscenarios: { s: { load: { rate: 200/s, for: 9s } } }\n${more}`;

function planned(target: string): NetworkSpec {
  const campaign = campaignOf(text(target));
  const plan = buildPlan(campaign, planContext(campaign));
  if (!plan.ok) throw new Error(plan.mistakes[0]?.message);
  return plan.plan.cells[0]?.spec as NetworkSpec;
}

test('an endpoint of the protocol is planned with what is usual where nothing is said', () => {
  const spec = planned('http: { url: "http://h:8000/base", model: m, protocol: oip-binary }');
  expect(spec).toEqual({
    kind: 'http',
    url: 'http://h:8000/base',
    version: '1.1',
    reuse: 'always',
    compress: null,
    connections: 16,
    streams: 1,
    tls: null,
    readyWithinNs: null,
    audit: null,
    headers: {},
    call: {
      kind: 'oip',
      model: 'm',
      modelVersion: null,
      batch: 1,
      bind: {},
      inputs: { kind: 'random', samples: 1024 },
      form: 'binary',
    },
  });
  expect(planned('grpc: { address: "h:8001", model: m }')).toMatchObject({
    connections: 16,
    streams: 100,
    service: null,
  });
});

test('a secret is planned as where it is, and shown so', () => {
  const spec = planned('http: { url: "https://h/x", headers: { Authorization: { secret: { env: API_TOKEN } } } }');
  expect(spec.headers).toEqual({ authorization: { secret: { kind: 'env', name: 'API_TOKEN' } } });
  expect(endpointText(spec)).toBe(
    'http: GET https://h/x, HTTP/1.1, 16 connections of each agent, TLS, authorization from the agent’s variable API_TOKEN',
  );
});

test.each([
  [
    'http: { url: "http://u:p@h/" }',
    'targets.t.http.url',
    /^found a literal credential in an address, expected it under headers/,
  ],
  [
    'http: { url: "http://h", headers: { authorization: "Bearer x" } }',
    'targets.t.http.headers.authorization',
    /^found a literal credential/,
  ],
  [
    'http: { url: "http://h", headers: { Content-Length: "3" } }',
    'targets.t.http.headers.Content-Length',
    /^found a header that loadcell writes itself, expected none$/,
  ],
  [
    'grpc: { address: "h:1", model: m, metadata: { grpc-timeout: 1S } }',
    'targets.t.grpc.metadata.grpc-timeout',
    /^found a deadline, expected it beside them/,
  ],
  ['http: { url: "http://h", model: m }', 'targets.t.http.model', /^found model without a protocol, expected protocol/],
  ['http: { url: "http://h", protocol: oip-json }', 'targets.t.http.protocol', /^found no model beside it/],
  [
    'http: { url: "http://h", model: m, protocol: oip-json, body: x }',
    'targets.t.http.body',
    /^found body beside a protocol/,
  ],
  ['http: { url: "http://h", tls: {} }', 'targets.t.http.tls', /^found tls with http:\/\/, expected https/],
  ['http: { url: "http://h", streams: 4 }', 'targets.t.http.streams', /expected version: 2$/],
  ['http: { url: "http://h", reuse: never, version: 2 }', 'targets.t.http.reuse', /expected version: 1$/],
  ['http: { url: "http://h", events: { atLeast: 2 } }', 'targets.t.http.events', /expected stream: sse beside it$/],
  ['http: { url: "http://h", stream: ndjson }', 'targets.t.http.stream', /^found "?ndjson"?, expected sse/],
  ['http: { url: "http://h", stream: sse, events: { atLeast: 0 } }', 'targets.t.http.events.atLeast', /^found 0/],
  ['http: { url: "http://h", stream: sse, events: { end: x } }', 'targets.t.http.events.end', /end/],
  ['http: { url: "http://h", stream: sse, method: HEAD }', 'targets.t.http.stream', /expected GET or POST$/],
  [
    'http: { url: "http://h", stream: sse, expect: { json: { path: a, equals: 1 } } }',
    'targets.t.http.expect',
    /^found json of a body that is a stream of events/,
  ],
  [
    'http: { url: "http://h", model: m, protocol: oip-json, stream: sse }',
    'targets.t.http.stream',
    /^found stream beside a protocol/,
  ],
  ['http: { url: "http://h", audit: { sameSample: {} } }', 'targets.t.http.audit', /expected data for requests/],
  [
    'grpc: { address: "h:1", proto: a.proto, method: a.B/C, audit: { sameSample: {} } }',
    'targets.t.grpc.audit',
    /expected a model and inputs that differ$/,
  ],
  ['http: { url: "http://h", compress: gzip }', 'targets.t.http.compress', /^found compress without a body/],
  ['http: { url: "http://h", body: x, compress: br }', 'targets.t.http.compress', /^found "?br"?, expected gzip/],
  [
    'http: { url: "http://h", stream: sse, headers: { Accept-Encoding: gzip } }',
    'targets.t.http.headers',
    /^found accept-encoding for a stream/,
  ],
  ['http: { url: "https://h", tls: { certificate: c.pem } }', 'targets.t.http.tls.certificate', /without its key/],
  ['grpc: { address: h, model: m }', 'targets.t.grpc.address', /^found "?h"?, expected host and port/],
  ['grpc: { address: "h:1" }', 'targets.t.grpc.model', /^found nothing, expected the model, or proto and method/],
  ['grpc: { address: "h:1", method: a.B/C }', 'targets.t.grpc.proto', /^found nothing, expected it beside/],
  ['grpc: { address: "h:1", model: m, method: a.B/C }', 'targets.t.grpc.method', /^found method beside a model/],
])('%s is refused with its place', (target, path, sentence) => {
  const found = mistakesOf(text(target));
  expect(found.map((mistake) => mistake.path)).toContain(path);
  expect(found.find((mistake) => mistake.path === path)?.message).toMatch(sentence);
});

test('a stream of events is planned with what is usual where nothing is said', () => {
  expect(planned('http: { url: "http://h", stream: sse }').call).toMatchObject({
    stream: { done: null, type: null, holding: null, atLeast: 1 },
  });
  const spec = planned('http: { url: "http://h", stream: sse, events: { done: "[DONE]", atLeast: 3 } }');
  expect(spec.call).toMatchObject({ stream: { done: '[DONE]', atLeast: 3 } });
  expect(endpointText(spec)).toContain('GET http://h, answered by a stream of events, HTTP/1.1');
  expect(planned('http: { url: "http://h" }').call).toMatchObject({ stream: null });
});

test('bodies in gzip are planned and shown', () => {
  const spec = planned('http: { url: "http://h", model: m, protocol: oip-binary, compress: gzip }');
  expect(spec).toMatchObject({ compress: 'gzip' });
  expect(endpointText(spec)).toContain('binary tensors, batch 1, bodies in gzip, HTTP/1.1');
});

test('a same-sample audit is planned with what is usual where nothing is said', () => {
  const inference = 'url: "http://h", model: m, protocol: oip-json';
  expect(planned(`http: { ${inference}, audit: { sameSample: {} } }`)).toMatchObject({
    audit: { pairs: 32, withinNs: 20e9 },
  });
  expect(planned(`http: { ${inference} }`)).toMatchObject({ audit: null });
});

test('bundles are refused of answers that stream', () => {
  const [mistake] = mistakesOf(
    'name: n\ntargets: { t: { http: { url: "http://h", stream: sse } } }\nscenarios: { s: { multiStream: { samples: 8, for: 9s } } }',
  );
  expect(mistake?.message).toMatch(/^found the target t, whose answers stream: a bundle of streams has no first event/);
});

test('a network target in production needs a guard', () => {
  const [mistake] = mistakesOf(text('grpc: { address: "h:1", model: m }', 'environment: production'));
  expect(mistake).toMatchObject({ path: 'guard' });
});

test('a closed load beyond the places of an endpoint is told with the connections that it needs', () => {
  const campaign = campaignOf(
    'name: n\ntargets: { t: { http: { url: "http://h", connections: 4 } } }\nscenarios: { s: { closed: { inFlight: 8, for: 9s } } }',
  );
  const plan = buildPlan(campaign, planContext(campaign));
  expect(plan.ok && plan.plan.notes.join('\n')).toMatch(
    /found inFlight 8, but agents: 1 with 4 places keep 4 in flight; connections: 8 would keep them all/,
  );
});
