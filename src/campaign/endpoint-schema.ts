import { checkSchema, eventsSchema } from './answer-schema.ts';
import { connectionFields, headersSchema } from './connection-schema.ts';
import { exactlyOne, group, named } from './group.ts';
import { inputsSchema } from './inputs-schema.ts';
import { freeText, leaf, text, wholeNumber, word } from './leaf.ts';
import { LITERAL_CREDENTIAL } from './mistake.ts';
import { plainMap } from './plain-map.ts';
import { quoted, read, refuse } from './quantity.ts';
import { duration } from './quantity-schema.ts';

const MOST_BATCH = 1_000_000;
const PATH = "A path inside the campaign's folder.";

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
  if (grpc.audit !== undefined)
    wrong('audit', 'found an audit of one message that is always the same, expected a model and inputs that differ');
  for (const key of ['proto', 'method'] as const) {
    if (odd !== undefined && grpc[key] === undefined)
      wrong(key, 'found nothing, expected it beside the others of a call');
  }
});
