import { appendFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { InputsSpec, PlannedFile } from '../../src/campaign/inputs-spec.ts';
import { type OnnxSpec, PLAIN_SESSION } from '../../src/campaign/target-spec.ts';
import { sha256OfFile } from '../../src/models/digest.ts';
import type { DATA_TYPES } from '../../src/models/element-type.ts';
import { inspectModel } from '../../src/models/inspect.ts';
import { stageExternalData } from '../../src/models/stage-external.ts';
import { onnxTarget } from '../../src/targets/onnx.ts';
import type { TargetContext } from '../../src/targets/target.ts';
import { nodeMonotonic, threadClock } from '../../src/time/monotonic.ts';
import { benchmarksOf, freshFolder, loadcell } from '../support/loadcell.ts';
import { identityModel, tableModel, temporaryFile } from '../support/onnx-files.ts';
import { npy, npyText, plannedFile, zip } from '../support/sample-files.ts';

const clock = threadClock(nodeMonotonic());
const context: TargetContext = { now: () => clock.now(), random: () => 0.5 };

const specOf = async (path: string, change: Partial<OnnxSpec>): Promise<OnnxSpec> => ({
  kind: 'onnx',
  model: { kind: 'file', path, sha256: await sha256OfFile(path) },
  providers: ['cpu'],
  require: null,
  threads: 1,
  session: { ...PLAIN_SESSION, profile: 'off' },
  batch: 1,
  bind: {},
  inputs: { kind: 'random', samples: 8 },
  ...change,
});

async function opened(spec: OnnxSpec) {
  const target = onnxTarget(spec);
  const facts = await target.open(context);
  onTestFinished(() => target.close());
  return { target, facts };
}

const refusal = (spec: OnnxSpec): Promise<string> =>
  opened(spec).then(
    () => 'no error',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

/** Serves samples as the measuring loop does. */
async function served({ target }: Awaited<ReturnType<typeof opened>>, samples: readonly number[]): Promise<string[]> {
  const outcomes: string[] = [];
  for (const sample of samples) {
    target.prepare?.(sample);
    const answer = await target.infer(sample);
    try {
      outcomes.push(String(target.check?.(sample) ?? answer));
    } catch (error) {
      outcomes.push(error instanceof Error ? error.message : String(error));
    }
  }
  return outcomes;
}

const wide = Float32Array.from({ length: 4 }, (_, i) => i + 0.5);

/** Four samples of two elements for every type, as NumPy writes them. */
const SAMPLES: readonly (readonly [keyof typeof DATA_TYPES, Buffer])[] = [
  ['float32', npy('<f4', [4, 2], Float32Array.of(0, 1, 2, 3, 4, 5, Number.NaN, Number.POSITIVE_INFINITY))],
  ['float64', npy('<f8', [4, 2], Float64Array.of(0, 1, 2, 3, 4, 5, 6, 1e300))],
  ['float16', npy('<f2', [4, 2], Uint16Array.of(0, 0x3c00, 0x4000, 0x3555, 1, 0x7bff, 0x7c00, 0xfbff))],
  // Held and stored as float32.
  [
    'bfloat16',
    npy('<f4', [4, 2], Float32Array.of(0, 1, -2, 3.140625, 2 ** 126, 5, Number.NaN, Number.POSITIVE_INFINITY)),
  ],
  ['int8', npy('|i1', [4, 2], Int8Array.of(-128, 127, 0, 1, 2, 3, 4, 5))],
  ['uint8', npy('|u1', [4, 2], Uint8Array.of(255, 127, 0, 1, 2, 3, 4, 5))],
  ['int16', npy('<i2', [4, 2], Int16Array.of(-32768, 127, 0, 1, 2, 3, 4, 5))],
  ['uint16', npy('<u2', [4, 2], Uint16Array.of(65535, 127, 0, 1, 2, 3, 4, 5))],
  ['int32', npy('<i4', [4, 2], Int32Array.of(-(2 ** 31), 127, 0, 1, 2, 3, 4, 5))],
  ['uint32', npy('<u4', [4, 2], Uint32Array.of(2 ** 32 - 1, 127, 0, 1, 2, 3, 4, 5))],
  ['int64', npy('<i8', [4, 2], BigInt64Array.of(-(2n ** 63n), 2n ** 60n + 1n, 0n, 1n, 2n, 3n, 4n, 5n))],
  ['uint64', npy('<u8', [4, 2], BigUint64Array.of(2n ** 64n - 1n, 127n, 0n, 1n, 2n, 3n, 4n, 5n))],
  ['bool', npy('|b1', [4, 2], Uint8Array.of(1, 0, 0, 1, 1, 1, 0, 0))],
  ['string', npyText(['a', 'bé', '', 'd', 'e', 'f', '\u{1f642}', 'h'], 4, [4, 2])],
];

test.for(SAMPLES)('%s goes through a model unchanged, one sample at a time and in batches', async ([type, content]) => {
  const model = temporaryFile(identityModel(type, ['N', 2]));
  const file = await plannedFile('npy', content);
  const inputs: InputsSpec = { kind: 'npy', file, input: null };
  const expect_ = { source: { kind: 'npy', file, output: null }, absolute: 0, relative: 0 } as const;
  const one = await opened(await specOf(model, { inputs, expect: expect_ }));
  expect(one.facts.inputs?.digest).toBe(`sha256:${file.sha256}`);
  expect(await served(one, [0, 1, 2, 3, 4_294_967_295])).toEqual(['0', '0', '0', '0', '0']);
  const three = await opened(await specOf(model, { inputs, expect: expect_, batch: 3 }));
  expect(await served(three, [0, 2, 3])).toEqual(['0', '0', '0']);
  // The same expectations against other samples: the comparison can fail.
  const shifted = await plannedFile(
    'npy',
    Buffer.concat([content.subarray(0, -1), Buffer.of(content.at(-1) === 0 ? 1 : 0)]),
  );
  const wrong = await opened(
    await specOf(model, { inputs, expect: { ...expect_, source: { kind: 'npy', file: shifted, output: null } } }),
  );
  const outcomes = await served(wrong, [0, 3]);
  expect(outcomes[0]).toBe('0');
  expect(outcomes[1]).toMatch(/^sample 3, output y \[0, 1\]: found .+, expected /s);
});

test.for(['int64', 'bool', 'string', 'float16'] as const)(
  '%s is drawn at random where nothing else is said',
  async (type) => {
    const model = temporaryFile(identityModel(type, ['N', 3]));
    const target = await opened(await specOf(model, { batch: 2 }));
    expect(await served(target, [0, 5])).toEqual(['0', '0']);
    expect(target.target.prepare).toBeUndefined();
    expect(target.target.check).toBeUndefined();
  },
);

/** `y = table[ids]`: rows of 10, 20, 30, 40. */
test('lines of token numbers and their answers prove a model right, and wrong where it is', async () => {
  const model = temporaryFile(tableModel(false));
  const inputs = { kind: 'jsonl', file: await plannedFile('jsonl', '{"ids": 0}\n{"ids": [3]}\n2\n') } as const;
  const answers = await plannedFile('jsonl', '{"y": 10}\n{"y": [[40.0001]]}\n{"y": 31}\n');
  const spec = await specOf(model, {
    inputs,
    expect: { source: { kind: 'jsonl', file: answers }, absolute: 1e-3, relative: 0 },
  });
  expect(await served(await opened(spec), [0, 1, 2])).toEqual([
    '0',
    '0',
    'sample 2, output y [0, 0]: found 30, expected 31 ± 0.001',
  ]);
  const outside = await plannedFile('jsonl', '{"ids": 0}\n{"ids": 4}\n');
  const { target } = await opened(await specOf(model, { inputs: { kind: 'jsonl', file: outside } }));
  target.prepare?.(1);
  await expect(target.infer(1)).rejects.toMatchObject({ outcome: 'target-error' });
});

test('a sample that cannot be sent is a fault of the input and names its line', async () => {
  const lines = Array.from({ length: 3000 }, (_, i) => (i === 2001 ? '"x"' : '[0, 1]'));
  const file = await plannedFile('jsonl', lines.join('\n'));
  const { target } = await opened(
    await specOf(temporaryFile(identityModel('float32', ['N', 2])), { inputs: { kind: 'jsonl', file } }),
  );
  expect(() => target.prepare?.(2001)).toThrow(
    expect.objectContaining({ name: 'InputFault', message: expect.stringContaining('record 2002 of samples.jsonl') }),
  );
});

async function external(): Promise<{ spec: OnnxSpec; data: PlannedFile }> {
  const path = temporaryFile(tableModel(true));
  writeFileSync(join(dirname(path), 'table.bin'), new Uint8Array(Float32Array.of(10, 20, 30, 40).buffer));
  const data = await stageExternalData(path, inspectModel(path).externalData, join(dirname(path), 'cache'));
  const inputs = { kind: 'jsonl', file: await plannedFile('jsonl', '1\n') } as const;
  const answers = { kind: 'jsonl', file: await plannedFile('jsonl', '20\n') } as const;
  const spec = await specOf(path, { inputs, expect: { source: answers, absolute: 0, relative: 0 } });
  const [only] = data;
  if (only === undefined) throw new Error('no external data');
  return { spec: { ...spec, model: { ...spec.model, kind: 'file', data } }, data: only };
}

test('weights that lie beside a model are loaded, and other ones than were planned are refused', async () => {
  const { spec, data } = await external();
  expect(await served(await opened(spec), [0])).toEqual(['0']);
  appendFileSync(data.path, 'x');
  expect(await refusal(spec)).toMatch(
    /^model .*model\.onnx: its weights lie in .*table\.bin: its content has changed since the plan was made .*; plan again$/,
  );
});

test('weights that are not there, or cut short, are told when the model is read', async () => {
  const { spec, data } = await external();
  const { path } = spec.model;
  const staged = (location: string, bytes: number) =>
    stageExternalData(path, [{ location, bytes }], data.cache).then(
      () => 'no error',
      (error: unknown) => (error instanceof Error ? error.message.replace(path, 'FILE') : String(error)),
    );
  expect(await staged('gone.bin', 16)).toBe(
    'model FILE: its weights lie in gone.bin, which cannot be read (ENOENT); put it beside the model',
  );
  expect(await staged('table.bin', 400)).toBe(
    'model FILE: its weights lie in table.bin, which is cut short: 16 bytes, expected at least 400',
  );
  expect(await staged('../table.bin', 1)).toContain("which is not below the model's folder");
});

test('samples that have changed since the plan are refused', async () => {
  const file = await plannedFile('npy', npy('<f4', [2, 2], wide));
  const spec = await specOf(temporaryFile(identityModel('float32', ['N', 2])), {
    inputs: { kind: 'npy', file, input: null },
  });
  appendFileSync(file.path, 'x');
  expect(await refusal(spec)).toMatch(
    /^inputs\.npy\.file: found .*samples\.npy: its content has changed since the plan was made/,
  );
});

const campaign = (onnx: string, scenario = 'load: { rate: 100/s, for: 2s }'): string => `name: fed
targets: { t: { onnx: { ${onnx} } } }
scenarios: { load: { ${scenario} } }
objectives: [errors < 5%]
fleet: { engine: local, agents: 1, workers: 2, pacing: lowCpu }
warmup: 200ms
seed: 5
`;

/** Runs `verb` on a campaign beside the files that it names. */
async function run(verb: 'run' | 'plan', yaml: string, files: Readonly<Record<string, Uint8Array | string>>) {
  const folder = freshFolder();
  for (const [name, content] of Object.entries({ 'c.yaml': yaml, ...files }))
    writeFileSync(join(folder, name), content);
  const ended = await loadcell([verb, 'c.yaml', ...(verb === 'run' ? ['--quiet'] : [])], folder).ended;
  return { ...ended, folder };
}

test('a run counts the share of wrong answers, says which, and names every file with its digest', async () => {
  const inputs = npy('<i8', [4], BigInt64Array.of(0n, 1n, 2n, 3n));
  const answers = zip([{ name: 'y.npy', content: npy('<f4', [4], Float32Array.of(10, 20, 30, 44)), how: 'deflated' }]);
  const yaml = campaign('model: m.onnx, inputs: { npy: { file: in.npy } }, expect: { npz: { file: out.npz } }');
  const files = { 'm.onnx': tableModel(true), 'table.bin': new Uint8Array(Float32Array.of(10, 20, 30, 40).buffer) };
  const ended = await run('run', yaml, { ...files, 'in.npy': inputs, 'out.npz': answers });
  expect(ended.code, ended.stderr).toBe(10);
  const [trial] = benchmarksOf(ended.folder).cells[0]?.trials ?? [];
  const wrong = trial?.accounting.failed['wrong-output'] ?? 0;
  expect(trial?.accounting.ok).toBe(200 - wrong);
  expect(wrong).toBeGreaterThan(20);
  expect(wrong).toBeLessThan(90);
  expect(trial?.failures).toMatchObject([
    {
      class: 'wrong-output',
      code: 'y',
      count: wrong,
      message: 'sample 3, output y [0, 0]: found 40, expected 44 ± 0.0441',
    },
  ]);
  const planned = await run('plan', yaml, { ...files, 'in.npy': inputs, 'out.npz': answers });
  for (const name of ['m.onnx', 'table.bin', 'in.npy', 'out.npz']) {
    expect(planned.stdout).toMatch(new RegExp(`reads .*/${name} \\(\\d+ bytes, sha256 [0-9a-f]{64}\\)`));
  }
});

test('what does not fit is refused by the plan with its place, exit 64', async () => {
  const model = { 'm.onnx': identityModel('float32', ['N', 'S']) };
  const unbound = await run('plan', campaign('model: m.onnx'), model);
  expect(unbound.code).toBe(64);
  expect(unbound.stderr).toContain(
    "c.yaml:2:17: targets.t.onnx.bind: dimension 1 of the model's input x is free and has no size; give it one, for example bind: { S: 128 }",
  );
  const short = await run('plan', campaign('model: m.onnx, bind: { S: 3 }, inputs: { npy: { file: x.npy } }'), {
    ...model,
    'x.npy': npy('<f4', [2, 2], wide),
  });
  expect(short.code).toBe(64);
  expect(short.stderr).toContain(
    "targets.t.onnx.inputs.npy.file: found samples of shape [2] in x.npy, expected [3], one sample of the model's input x",
  );
  const gone = await run('run', campaign('model: m.onnx, bind: { S: 3 }, inputs: { raw: { file: gone.bin } }'), model);
  expect(gone.code).toBe(64);
  expect(gone.stderr).toMatch(
    /targets\.t\.onnx\.inputs\.raw\.file: found .*gone\.bin, which cannot be read: there is no such file/,
  );
});

test('a line that cannot be sent ends the trial as invalid and names the line', async () => {
  const lines = Array.from({ length: 4000 }, (_, i) => (i % 4 === 1 && i > 300 && i < 3999 ? '[1]' : '[0, 1]'));
  const yaml = campaign('model: m.onnx, inputs: { jsonl: { file: x.jsonl } }');
  const ended = await run('run', yaml, {
    'm.onnx': identityModel('float32', ['N', 2]),
    'x.jsonl': lines.map((line, i) => (isLookedAt(i) ? '[0, 1]' : line)).join('\n'),
  });
  expect(ended.code, ended.stderr).toBe(13);
  const { verdict } = benchmarksOf(ended.folder);
  expect(verdict.reasons.map(({ message }) => message).join(' ')).toMatch(/record \d+ of x\.jsonl, input x/);
});

/** Whether a line of 4000 is one of those that planning looks at: the first 256, then each fourteenth. */
const isLookedAt = (index: number): boolean => index < 256 || (index - 256) % 14 === 0;
