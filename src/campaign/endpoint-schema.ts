import * as z from 'zod';
import { exactlyOne, group, list, named } from './group.ts';
import { inputsSchema } from './inputs-schema.ts';
import { freeText, leaf, text, wholeNumber, word } from './leaf.ts';
import { LITERAL_CREDENTIAL } from './mistake.ts';
import { plainMap } from './plain-map.ts';
import { quoted, read, refuse } from './quantity.ts';
import { duration } from './quantity-schema.ts';
import { viaSchema } from './via-schema.ts';

const MOST_BATCH = 1_000_000;
const PATH = "A path inside the campaign's folder.";
/** Connections of each agent where nothing is said. */
export const USUAL_CONNECTIONS = 16;
/** Requests in flight on one connection of HTTP/2 where nothing is said: what most servers allow. */
export const USUAL_STREAMS = 100;

export const connections = wholeNumber('Connections of each agent.', 16, 1, 65_535).optional();
const streams = wholeNumber('Requests that one connection of HTTP/2 may have in flight.', 100, 1, 1000).optional();

export const secretSchema = group('A value that only the agent resolves.', '{ secret: { env: API_TOKEN } }', {
  secret: exactlyOne(
    { description: 'Where the value is.', noun: 'place', example: '{ env: API_TOKEN }' },
    {
      env: text('An environment variable of the agent.', 'API_TOKEN'),
      file: text('A file on the agent.', '/run/secrets/token'),
    },
    {},
  ).transform(({ chosen }) => chosen),
});

const CREDENTIAL = /^(proxy-)?authorization$|^x-api-key$|^cookie$/iu;

const headersSchema = (description: string) =>
  named(
    description,
    '{ authorization: { secret: { env: API_TOKEN } } }',
    z.union([freeText('The value.', 'application/json'), secretSchema]),
  ).superRefine((headers, context) => {
    for (const [name, value] of Object.entries(headers)) {
      if (typeof value !== 'string') continue;
      const message = CREDENTIAL.test(name)
        ? `${LITERAL_CREDENTIAL}, expected a reference, for example { secret: { env: API_TOKEN } }`
        : /^[\t\x20-\x7e\x80-\xff]*$/u.test(value)
          ? null
          : 'found characters that no header can carry, expected one line of text';
      if (message !== null) context.addIssue({ code: 'custom', path: [name], message });
    }
  });

const tlsSchema = group('How the connection is secured.', '{ ca: certificates/ca.pem }', {
  ca: text(`Issuers that are trusted in place of the system's, PEM. ${PATH}`, 'certificates/ca.pem').optional(),
  certificate: text(`The client's certificate, PEM. ${PATH}`, 'certificates/client.pem').optional(),
  key: secretSchema.optional(),
  serverName: text("The name that the server's certificate must be for.", 'model.example').optional(),
}).superRefine(({ certificate, key }, context) => {
  if ((certificate === undefined) === (key === undefined)) return;
  const [path, message] =
    key === undefined
      ? ['certificate', 'found a certificate without its key, expected key: { secret: { file: … } } beside it']
      : ['key', 'found a key without its certificate, expected certificate beside it'];
  context.addIssue({ code: 'custom', path: [path], message });
});

const readySchema = group('Waits for the endpoint before the load.', '{ within: 2m }', {
  within: duration('Longest wait.', '2m'),
});

/** What every endpoint may say of its connections. */
const connectionFields = {
  connections,
  streams,
  tls: tlsSchema.optional(),
  ready: readySchema.optional(),
  via: viaSchema.optional(),
};

/** What an inference of the Open Inference Protocol may say. */
const inferenceFields = {
  modelVersion: text('The version that is asked for; absent: the server chooses.', '1').optional(),
  batch: wholeNumber('Samples per request.', 1, 1, MOST_BATCH).prefault(1),
  bind: named(
    'Sizes of free dimensions, as `<input>.<axis>`.',
    '{ pixels.2: 224 }',
    wholeNumber('A size.', 224, 1, 2 ** 31 - 1),
  ).prefault({}),
  inputs: inputsSchema.optional(),
};

const dataSchema = exactlyOne(
  {
    description: 'Rows that path and body are filled from: {{column}}, or {{json column}} for the value as JSON.',
    noun: 'kind of data',
    example: '{ csv: { file: rows.csv } }',
  },
  {
    csv: group('A CSV file whose first line names the columns.', '{ file: rows.csv }', {
      file: text(PATH, 'rows.csv'),
    }),
    jsonl: group('One JSON object a line.', '{ file: rows.jsonl }', { file: text(PATH, 'rows.jsonl') }),
  },
  { pick: word('cycle: request by request; random: drawn.', ['cycle', 'random']).prefault('random') },
);

const status = wholeNumber('Status code.', 200, 100, 599);

const checkSchema = group('What makes a response right.', '{ status: 200 }', {
  status: z
    .union([status, list('Status codes.', '[200, 201]', status).min(1)])
    .transform((found) => (Array.isArray(found) ? found : [found]))
    .optional(),
  contains: text('A text that the body holds.', 'label').optional(),
  json: group('A value that the body holds as JSON.', '{ path: "outputs[0].name", equals: y }', {
    path: text('Where it stands.', 'outputs[0].name'),
    equals: leaf<string | number | boolean | null>({
      description: 'The value.',
      examples: ['y'],
      json: { type: ['string', 'number', 'boolean', 'null'] },
      read: (found) =>
        found === null || ['string', 'number', 'boolean'].includes(typeof found)
          ? read(found as string | number | boolean | null)
          : refuse(`found ${quoted(found)}, expected a text, a number, true, false or null`),
    }),
  }).optional(),
});

const eventsSchema = group('What makes a stream of events right.', '{ done: "[DONE]", atLeast: 2 }', {
  done: text('The data of the event that ends the stream; it is no event of its own.', '[DONE]').optional(),
  type: text('Only events of this type (their event: field) count.', 'content_block_delta').optional(),
  holding: text(
    'Only events whose data as JSON hold something other than null and an empty text at this path count.',
    'choices[0].delta.content',
  ).optional(),
  atLeast: wholeNumber('Fewest events that count.', 1, 1, 1_000_000).optional(),
});

const auditSchema = group('Looks at the endpoint before the load.', '{ sameSample: {} }', {
  sameSample: group(
    'Asks for samples twice: an endpoint that answers faster the second time seems to answer from a cache. Before the first trial of each cell, one request at a time.',
    '{ pairs: 32 }',
    {
      pairs: wholeNumber('Samples, two requests each.', 32, 10, 200).prefault(32),
      within: duration('Longest time that it takes.', '20s').prefault('20s'),
    },
  ),
});

const inAddress = (place: 'headers' | 'metadata'): string =>
  `${LITERAL_CREDENTIAL} in an address, expected it under ${place}, for example ${place}: { authorization: { secret: { env: API_TOKEN } } }`;

const urlSchema = leaf<string>({
  description: 'Where it answers.',
  examples: ['http://127.0.0.1:8000'],
  json: { type: 'string', pattern: '^https?://' },
  read: (found) => {
    const expected = 'expected an address that begins with http:// or https://, for example http://127.0.0.1:8000';
    if (typeof found !== 'string') return refuse(`found ${quoted(found)}, ${expected}`);
    const url = /^https?:\/\/[^\s/]+/u.test(found) && URL.canParse(found) ? new URL(found) : null;
    if (url?.username === '' && url.password === '') return read(found);
    // What cannot be read as an address and holds an @ may well be one with a password in it.
    return refuse(found.includes('@') ? inAddress('headers') : `found ${quoted(found)}, ${expected}`);
  },
});

const OF_INFERENCE = ['model', 'modelVersion', 'inputs'] as const;
const OF_PLAIN = ['method', 'body', 'data', 'expect', 'stream', 'events'] as const;

export const httpSchema = group(
  'An HTTP endpoint.',
  '{ url: "http://127.0.0.1:8000", model: classifier, protocol: oip-binary }',
  {
    url: urlSchema,
    version: wholeNumber('Of HTTP: 1 for HTTP/1.1, 2 for HTTP/2.', 1, 1, 2).prefault(1),
    model: text('The name under which it serves the model.', 'classifier').optional(),
    protocol: word(
      'Open Inference Protocol with binary tensors or as JSON; without it the request is what method, headers and body say.',
      ['oip-binary', 'oip-json'],
    ).optional(),
    ...inferenceFields,
    method: word('Request method; absent: GET, or POST with a body.', [
      'GET',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'HEAD',
    ]).optional(),
    headers: headersSchema('Request headers.').optional(),
    body: freeText('Request body.', '{}').optional(),
    data: dataSchema.optional(),
    expect: checkSchema.optional(),
    stream: word('sse: the answer is a stream of server-sent events.', ['sse']).optional(),
    events: eventsSchema.optional(),
    audit: auditSchema.optional(),
    compress: word('Request bodies go out in gzip.', ['gzip']).optional(),
    reuse: word('Of connections; never: each request opens its own.', ['always', 'never']).prefault('always'),
    ...connectionFields,
  },
).superRefine((http, context) => {
  const wrong = (key: string, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
  for (const odd of [oddCall(http), oddBodies(http), oddStream(http)]) if (odd !== null) wrong(...odd);
  if (http.tls !== undefined && !http.url.startsWith('https:'))
    wrong('tls', 'found tls with http://, expected https://');
  if (http.streams !== undefined && http.version === 1)
    wrong(
      'streams',
      'found streams with HTTP/1.1, which has one request in flight on a connection; expected version: 2',
    );
  if (http.reuse === 'never' && http.version === 2) wrong('reuse', 'found never with HTTP/2, expected version: 1');
});

/** What does not go together: where, and why. */
type Odd = [key: string, message: string] | null;
type Written = { readonly [K in (typeof OF_INFERENCE)[number] | (typeof OF_PLAIN)[number]]?: unknown } & {
  readonly protocol?: unknown;
};

/** Keys of an inference without a protocol, and of plain requests beside one. */
function oddCall(http: Written): Odd {
  if (http.protocol === undefined) {
    const odd = OF_INFERENCE.find((key) => http[key] !== undefined);
    return odd === undefined
      ? null
      : [odd, `found ${odd} without a protocol, expected protocol: oip-binary or oip-json`];
  }
  const odd = OF_PLAIN.find((key) => http[key] !== undefined);
  if (odd !== undefined) return [odd, `found ${odd} beside a protocol, which says itself what is sent and expected`];
  if (http.model !== undefined) return null;
  return ['protocol', 'found no model beside it, expected one, for example model: classifier'];
}

/** What is about bodies that there are none of, or that never differ. */
function oddBodies({
  protocol,
  body,
  data,
  compress,
  audit,
}: Written & { readonly compress?: unknown; readonly audit?: unknown }): Odd {
  if (protocol !== undefined) return null;
  if (compress !== undefined && body === undefined)
    return ['compress', 'found compress without a body that it could pack, expected body beside it'];
  return audit === undefined || data !== undefined
    ? null
    : ['audit', 'found an audit of one request that is always the same, expected data for requests that differ'];
}

/** What does not go together with a stream of events, or without one: where, and why. */
function oddStream({
  stream,
  events,
  expect,
  method,
  headers = {},
}: {
  readonly stream?: 'sse' | undefined;
  readonly events?: object | undefined;
  readonly expect?: { readonly json?: object | undefined } | undefined;
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
}): Odd {
  if (stream === undefined)
    return events === undefined
      ? null
      : ['events', 'found events of an answer that does not stream, expected stream: sse beside it'];
  if (expect?.json !== undefined)
    return ['expect', 'found json of a body that is a stream of events, expected contains, or events: { holding: … }'];
  const asksForCoding = Object.keys(headers).some((name) => name.toLowerCase() === 'accept-encoding');
  if (asksForCoding)
    return ['headers', 'found accept-encoding for a stream, which cannot be read event by event in one; expected none'];
  return method === 'HEAD' ? ['stream', 'found a stream of HEAD, which has no body; expected GET or POST'] : null;
}

const ADDRESS = /^(?:\[[0-9a-f:.]+\]|[^\s:/@[\]]+):\d{1,5}$/iu;

const OF_METHOD = ['proto', 'method', 'message'] as const;

export const grpcSchema = group(
  'A gRPC endpoint: the Open Inference Protocol, or any unary method.',
  '{ address: "127.0.0.1:8001", model: classifier }',
  {
    address: leaf<string>({
      description: 'Host and port.',
      examples: ['127.0.0.1:8001'],
      json: { type: 'string', pattern: '^\\S+:\\d+$' },
      read: (found) =>
        typeof found === 'string' && ADDRESS.test(found)
          ? read(found)
          : refuse(
              typeof found === 'string' && found.includes('@')
                ? inAddress('metadata')
                : `found ${quoted(found)}, expected host and port, for example 127.0.0.1:8001`,
            ),
    }),
    model: text('The name under which it serves the model.', 'classifier').optional(),
    service: text(
      'Full name of the inference service.',
      'org.pytorch.serve.grpc.openinference.GRPCInferenceService',
    ).optional(),
    ...inferenceFields,
    proto: text(`The .proto file of a unary method. ${PATH}`, 'greeter.proto').optional(),
    method: text('The method: package, service and name.', 'greet.Greeter/SayHello').optional(),
    message: plainMap('The request message as JSON has it.', '{ name: anna }', {
      noun: 'a message',
      secretHint: 'found a secret, which stands for metadata alone; expected a plain value',
    }).optional(),
    metadata: headersSchema('Metadata of every call.').optional(),
    deadline: duration('Of each call, which the server is told; absent: none but the timeout.', '200ms').optional(),
    ...connectionFields,
  },
).superRefine((grpc, context) => {
  const wrong = (key: string, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
  const odd = OF_METHOD.find((key) => grpc[key] !== undefined);
  if (grpc.model !== undefined) {
    if (odd !== undefined) wrong(odd, `found ${odd} beside a model, expected either an inference or a method`);
    return;
  }
  if (odd === undefined) wrong('model', 'found nothing, expected the model, or proto and method of a call');
  for (const key of ['proto', 'method'] as const) {
    if (odd !== undefined && grpc[key] === undefined)
      wrong(key, 'found nothing, expected it beside the others of a call');
  }
});
