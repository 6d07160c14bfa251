import * as z from 'zod';
import { connections, secretSchema } from './connection-schema.ts';
import { customSchema } from './custom-schema.ts';
import { grpcSchema, httpSchema } from './endpoint-schema.ts';
import { type Chosen, exactlyOne, group, known, list, named } from './group.ts';
import { expectSchema, inputsSchema } from './inputs-schema.ts';
import { freeText, text, wholeNumber, word } from './leaf.ts';
import { objectivesSchema } from './objective-schema.ts';
import { quoted } from './quantity.ts';
import { durationOrNone } from './quantity-schema.ts';
import { checkSession, sessionFields, sessionOf } from './session-schema.ts';
import { sleepSchema } from './sleep-schema.ts';
import { viaSchema } from './via-schema.ts';

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

const serveSchema = group('Our own endpoint, started for the cell.', '{ model: mobilenet-v2, protocol: grpc }', {
  model: text("A reference model's name, or a path inside the campaign's folder.", 'mobilenet-v2'),
  protocol: word('How it is spoken to.', PROTOCOLS).prefault('oip-binary'),
  batching: group('Dynamic batching.', '{ max: 8, delay: 2ms }', {
    max: wholeNumber('Largest batch.', 8, 1, MOST_BATCH),
    delay: durationOrNone('Longest wait for a batch to fill.', '2ms'),
    preferred: list(
      'Sizes at which no further request is waited for.',
      '[4, 8]',
      wholeNumber('A size.', 4, 1, MOST_BATCH),
    ).optional(),
  }).optional(),
  sessions: wholeNumber('Sessions of the endpoint, each on a thread of its own.', 1, 1, 1024).prefault(1),
  connections,
  via: viaSchema.optional(),
  ...sessionFields,
  inputs: inputsSchema.prefault({ random: {} }),
  expect: expectSchema.optional(),
})
  .superRefine(checkSession)
  .transform(sessionOf);

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
