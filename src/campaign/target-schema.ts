import * as z from 'zod';
import { customSchema } from './custom-schema.ts';
import { type Chosen, exactlyOne, group, known, named } from './group.ts';
import { expectSchema, inputsSchema } from './inputs-schema.ts';
import { freeText, leaf, text, wholeNumber, word } from './leaf.ts';
import { objectivesSchema } from './objective-schema.ts';
import { quoted, read, refuse } from './quantity.ts';
import { durationOrNone } from './quantity-schema.ts';
import { checkSession, sessionFields, sessionOf } from './session-schema.ts';
import { sleepSchema } from './sleep-schema.ts';

const MOST_BATCH = 1_000_000;

const onnxSchema = group('An ONNX model, run in process by onnxruntime.', '{ model: mobilenet-v2 }', {
  model: text("A reference model's name, or a path inside the campaign's folder.", 'mobilenet-v2'),
  ...sessionFields,
  inputs: inputsSchema.prefault({ random: {} }),
  expect: expectSchema.optional(),
})
  .superRefine(checkSession)
  .transform(sessionOf);

/** A target without options: `{}`, or nothing at all. */
const noOptions = known(
  z
    .unknown()
    .transform((found, context) => {
      const empty =
        found === null || (typeof found === 'object' && !Array.isArray(found) && Object.keys(found).length === 0);
      if (empty) return {};
      context.issues.push({ code: 'custom', message: `found ${quoted(found)}, expected no options: {}`, input: found });
      return z.NEVER;
    })
    .meta({ type: ['object', 'null'], maxProperties: 0, description: 'Answers at once: measures the harness itself.' }),
  { noun: 'no options', example: '{}' },
);

const PROTOCOLS = ['oip-binary', 'oip-json', 'grpc'] as const;
const connections = wholeNumber('Connections of each agent.', 16, 1, 65_535).optional();

const serveSchema = group('Our own endpoint, started for the cell.', '{ model: mobilenet-v2, protocol: grpc }', {
  model: text("A reference model's name, or a path inside the campaign's folder.", 'mobilenet-v2'),
  protocol: word('How it is spoken to.', PROTOCOLS).prefault('oip-binary'),
  batching: group('Dynamic batching.', '{ max: 8, delay: 2ms }', {
    max: wholeNumber('Largest batch.', 8, 1, MOST_BATCH),
    delay: durationOrNone('Longest wait for a batch to fill.', '2ms'),
  }).optional(),
  connections,
  ...sessionFields,
  inputs: inputsSchema.prefault({ random: {} }),
  expect: expectSchema.optional(),
})
  .superRefine(checkSession)
  .transform(sessionOf);

const secretSchema = group('A value that only the agent resolves.', '{ secret: { env: API_TOKEN } }', {
  secret: exactlyOne(
    { description: 'Where the value is.', noun: 'place', example: '{ env: API_TOKEN }' },
    {
      env: text('An environment variable of the agent.', 'API_TOKEN'),
      file: text('A file on the agent.', '/run/secrets/token'),
    },
    {},
  ).transform(({ chosen }) => chosen),
});

const headersSchema = named(
  'Request headers.',
  '{ authorization: { secret: { env: API_TOKEN } } }',
  z.union([freeText('The value.', 'application/json'), secretSchema]),
).superRefine((headers, context) => {
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string' || !/^(proxy-)?authorization$|^x-api-key$|^cookie$/iu.test(name)) continue;
    const message = 'found a literal credential, expected a reference, for example { secret: { env: API_TOKEN } }';
    context.addIssue({ code: 'custom', path: [name], message });
  }
});

const httpSchema = group(
  'An HTTP endpoint.',
  '{ url: "http://127.0.0.1:8000", model: classifier, protocol: oip-binary }',
  {
    url: leaf<string>({
      description: 'Where it answers.',
      examples: ['http://127.0.0.1:8000'],
      json: { type: 'string', pattern: '^https?://' },
      read: (found) =>
        typeof found === 'string' && /^https?:\/\/[^\s/]+/u.test(found)
          ? read(found)
          : refuse(
              `found ${quoted(found)}, expected an address that begins with http:// or https://, for example http://127.0.0.1:8000`,
            ),
    }),
    model: text('The name under which it serves the model.', 'classifier').optional(),
    protocol: word(
      'Open Inference Protocol with binary tensors or as JSON; without it the request is what method, headers and body say.',
      ['oip-binary', 'oip-json'],
    ).optional(),
    method: word('Request method.', ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']).optional(),
    headers: headersSchema.optional(),
    body: freeText('Request body.', '{}').optional(),
    expect: group('What makes a response right.', '{ status: 200 }', {
      status: wholeNumber('Status code.', 200, 100, 599).optional(),
    }).optional(),
    connections,
    batch: wholeNumber('Samples per request.', 1, 1, MOST_BATCH).prefault(1),
    inputs: inputsSchema.optional(),
  },
);

const grpcSchema = group(
  'A gRPC endpoint of the Open Inference Protocol.',
  '{ address: "127.0.0.1:8001", model: classifier }',
  {
    address: text('Host and port.', '127.0.0.1:8001'),
    model: text('The name under which it serves the model.', 'classifier'),
    connections,
    batch: wholeNumber('Samples per request.', 1, 1, MOST_BATCH).prefault(1),
    inputs: inputsSchema.optional(),
  },
);

const k6Schema = group('A k6 script.', '{ script: k6/load.ts, vus: 50 }', {
  script: text("A shipped script, or a path inside the campaign's folder.", 'k6/load.ts'),
  vus: wholeNumber('Virtual users.', 50, 1, 1_000_000).optional(),
  env: named(
    'Environment of the script.',
    '{ URL: "http://127.0.0.1:8000" }',
    z.union([freeText('The value.', 'http://127.0.0.1:8000'), secretSchema]),
  ).prefault({}),
  options: word("own: the script's own scenarios give the load.", ['own']).optional(),
});

const kinds = {
  onnx: onnxSchema,
  null: noOptions,
  sleep: sleepSchema,
  serve: serveSchema,
  http: httpSchema,
  grpc: grpcSchema,
  k6: k6Schema,
  custom: customSchema,
};

export type TargetOptions = Chosen<typeof kinds>;
export type TargetKind = TargetOptions['kind'];

/** One target: exactly one kind, and objectives of its own. */
export const targetSchema = exactlyOne(
  { description: 'What is measured.', noun: 'kind of target', example: '{ onnx: { model: mobilenet-v2 } }' },
  kinds,
  { objectives: objectivesSchema.optional(), slaTargets: objectivesSchema.optional() },
);
