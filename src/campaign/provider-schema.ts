import * as z from 'zod';
import { exactlyOne, known, list } from './group.ts';
import { text, truth, wholeNumber, word } from './leaf.ts';
import { listed, quoted } from './quantity.ts';
import type { ProviderOptions } from './target-spec.ts';

/** Execution providers of onnxruntime that a session may be asked for. */
export const PROVIDERS = [
  'cpu',
  'cuda',
  'tensorrt',
  'rocm',
  'migraphx',
  'openvino',
  'coreml',
  'dml',
  'webgpu',
  'xnnpack',
  'qnn',
] as const;

export type ProviderName = (typeof PROVIDERS)[number];

type Shape = Readonly<Record<string, z.ZodType>>;

const deviceId = wholeNumber('Number of the device.', 0, 0, 1023).optional();
const bufferCache = word('Reuse of buffers.', ['disabled', 'lazyRelease', 'simple', 'bucket']).optional();

/**
 * The options that the binding of onnxruntime-node 1.30 reads (js/node/src/session_options_helper.cc and the typings of
 * onnxruntime-common). Every other option of a provider it drops without a word, so that here it is an error.
 */
const OPTIONS: Readonly<Record<ProviderName, Shape>> = {
  cpu: {},
  cuda: { deviceId },
  tensorrt: { deviceId },
  rocm: {},
  migraphx: {},
  openvino: {},
  coreml: { coreMlFlags: wholeNumber('Bit flags of coreml_provider_factory.h.', 16, 0, 2 ** 31 - 1).optional() },
  dml: { deviceId },
  webgpu: {
    preferredLayout: word('Layout of images.', ['NCHW', 'NHWC']).optional(),
    forceCpuNodeNames: list('Nodes that run on the CPU.', '[resize]', text('Name of a node.', 'resize')).optional(),
    validationMode: word('How strictly calls are checked.', ['disabled', 'wgpuOnly', 'basic', 'full']).optional(),
    enableRobustness: truth('Checks accesses to buffers.', false).optional(),
    storageBufferCacheMode: bufferCache,
    uniformBufferCacheMode: bufferCache,
    queryResolveBufferCacheMode: bufferCache,
    defaultBufferCacheMode: bufferCache,
  },
  xnnpack: {},
  qnn: {
    backendType: text('Kind of backend.', 'htp').optional(),
    backendPath: text('Path of the backend library.', '/opt/qnn/libQnnHtp.so').optional(),
    enableFp16Precision: truth('Half precision on HTP.', true).optional(),
  },
};

/** What reaches the same end where the binding drops an option. */
const INSTEAD: Partial<Readonly<Record<ProviderName, string>>> = {
  cpu: 'threads, graph, execution and sessionConfig are keys of the target itself',
  cuda: 'for half precision export an FP16 model',
  tensorrt:
    'for half precision export an FP16 model, for an engine built beforehand use an EP-context file ' +
    '(an .onnx that sessionConfig { ep.context_enable: "1" } makes onnxruntime write)',
};

function ignored(provider: ProviderName, key: string): string {
  const names = Object.keys(OPTIONS[provider]);
  const reads = names.length === 0 ? 'none' : `only ${listed(names)}`;
  const instead = INSTEAD[provider];
  return (
    `found the option ${quoted(key)} of ${provider}, which onnxruntime-node ignores without a word: of this provider ` +
    `it reads ${reads}${instead === undefined ? '' : `; ${instead}`}`
  );
}

function optionsOf(provider: ProviderName): z.ZodType<ProviderOptions> {
  const shape = OPTIONS[provider];
  const names = Object.keys(shape);
  const schema = z
    .looseObject(shape)
    .superRefine((map, context) => {
      for (const key of Object.keys(map)) {
        if (names.includes(key)) continue;
        context.addIssue({ code: 'custom', path: [key], message: ignored(provider, key) });
      }
    })
    .meta({ description: `Options of ${provider}.`, additionalProperties: false });
  // Keys without a schema are refused above; the others are what the table says.
  return known(schema, {
    noun: 'a map of options',
    example: '{ deviceId: 0 }',
  }) as unknown as z.ZodType<ProviderOptions>;
}

/** A provider that is asked for, and its options. */
export interface ProviderWish {
  readonly name: ProviderName;
  readonly options: ProviderOptions;
}

const cases: Readonly<Record<string, z.ZodType<ProviderOptions>>> = Object.fromEntries(
  PROVIDERS.map((provider) => [provider, optionsOf(provider)]),
);

const withOptions = exactlyOne(
  {
    description: 'An execution provider with options.',
    noun: 'execution provider',
    example: '{ cuda: { deviceId: 0 } }',
  },
  cases,
  {},
).transform(({ chosen }): ProviderWish => ({ name: chosen.kind as ProviderName, options: chosen.options }));

const plain = word('An execution provider of onnxruntime.', PROVIDERS).transform(
  (name): ProviderWish => ({ name, options: {} }),
);

/** `[{ cuda: { deviceId: 1 } }, cpu]`: in order of preference, each once. */
export const providersSchema = list(
  'Execution providers in order of preference, with options where one has them; the one really used is reported.',
  '[cpu]',
  z.union([plain, withOptions]),
)
  .min(1, 'found an empty list, expected at least one execution provider, for example [cpu]')
  .superRefine((wishes, context) => {
    wishes.forEach(({ name }, index) => {
      if (wishes.findIndex((other) => other.name === name) === index) return;
      context.addIssue({ code: 'custom', path: [index], message: `found ${name} again, expected each provider once` });
    });
  });
