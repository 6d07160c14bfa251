import { expect, test } from 'vitest';
import { planText } from '../../../src/campaign/plan-text.ts';
import type { OnnxSpec } from '../../../src/campaign/target-spec.ts';
import { planOf, sentencesOf } from '../../support/campaigns.ts';

const text = (more: string): string =>
  `name: n\ntargets: { t: { onnx: { model: tiny-mlp${more === '' ? '' : `, ${more}`} } } }\nscenarios: { s: { load: { rate: 200/s, for: 9s } } }\n`;

const specOf = (more: string): OnnxSpec => {
  const spec = planOf(text(more)).cells[0]?.spec;
  if (spec?.kind !== 'onnx') throw new Error('no onnx target');
  return spec;
};

const sentence = (more: string): string => sentencesOf(text(more)).join('\n');

test('a session of which nothing is said runs on the cpu, optimised, one operator after the other', () => {
  expect(specOf('')).toMatchObject({
    providers: ['cpu'],
    require: null,
    threads: 1,
    session: {
      graph: 'all',
      execution: 'sequential',
      interOpThreads: 1,
      providerOptions: {},
      config: {},
      profile: 'on',
    },
  });
});

test('options of a provider, the graph level, the execution mode and entries stand in the plan', () => {
  const { providers, session } = specOf(
    'providers: [{ tensorrt: { deviceId: 1 } }, cuda, cpu], graph: basic, execution: parallel, interOpThreads: 2, ' +
      'sessionConfig: { session.intra_op.allow_spinning: 1, ep.cuda.use_arena: "0" }, profile: false',
  );
  expect(providers).toEqual(['tensorrt', 'cuda', 'cpu']);
  expect(session).toEqual({
    graph: 'basic',
    execution: 'parallel',
    interOpThreads: 2,
    providerOptions: { tensorrt: { deviceId: 1 } },
    config: { 'session.intra_op.allow_spinning': '1', 'ep.cuda.use_arena': '0' },
    profile: 'off',
  });
});

test('what is said of a session stands in the text of the plan, defaults do not', () => {
  const line = (more: string): string => /target +(.+)/u.exec(planText(planOf(text(more))))?.[1] ?? '';
  expect(line('')).toBe('onnx: tiny-mlp on cpu, 1 thread, batch 1');
  expect(
    line(
      'providers: [{ cuda: { deviceId: 1 } }], graph: basic, execution: parallel, interOpThreads: 2, ' +
        'sessionConfig: { session.set_denormal_as_zero: 1 }, profile: false',
    ),
  ).toBe(
    'onnx: tiny-mlp on cuda, 1 thread, batch 1, graph basic, parallel on 2 threads, cuda.deviceId 1, ' +
      'session.set_denormal_as_zero 1, not profiled',
  );
});

test('an option that the binding drops without a word is an error that names the way that works', () => {
  expect(sentence('providers: [{ tensorrt: { trt_fp16_enable: true } }]')).toBe(
    'targets.t.onnx.providers[0].tensorrt.trt_fp16_enable: found the option trt_fp16_enable of tensorrt, which ' +
      'onnxruntime-node ignores without a word: of this provider it reads only deviceId; for half precision export an ' +
      'FP16 model, for an engine built beforehand use an EP-context file (an .onnx that sessionConfig ' +
      '{ ep.context_enable: "1" } makes onnxruntime write)',
  );
  expect(sentence('providers: [{ cuda: { gpu_mem_limit: 1024 } }]')).toContain('it reads only deviceId');
  expect(sentence('providers: [{ cpu: { useArena: true } }]')).toMatch(
    /useArena of cpu.+ reads none; threads, graph, execution/,
  );
  expect(sentence('providers: [{ openvino: { device_type: GPU } }]')).toContain('of this provider it reads none');
});

test.each([
  ['providers: [{ cuda: { deviceId: -1 } }]', 'targets.t.onnx.providers[0].cuda.deviceId: found -1, expected a whole'],
  ['providers: [{ cuda: {}, cpu: {} }]', 'targets.t.onnx.providers[0]: found cpu and cuda, expected exactly one of'],
  ['providers: [cuda, { cuda: { deviceId: 1 } }]', 'targets.t.onnx.providers[1]: found cuda again, expected each'],
  ['providers: [gpu]', 'targets.t.onnx.providers[0]: found gpu, expected cpu, cuda'],
  ['providers: []', 'targets.t.onnx.providers: found an empty list, expected at least one execution provider'],
  ['providers: [cpu], require: cuda', 'targets.t.onnx.require: found cuda, expected one of the providers listed: cpu'],
  ['graph: full', 'targets.t.onnx.graph: found full, expected disabled, basic, extended, layout or all'],
  ['interOpThreads: 4', 'targets.t.onnx.interOpThreads: found 4, which a sequential session does not use'],
  ['execution: parallel', 'targets.t.onnx.execution: found parallel with one thread for it; expected interOpThreads'],
  [
    'execution: parallel, interOpThreads: 2, providers: [dml]',
    'targets.t.onnx.execution: found parallel, which onnxruntime turns into sequential on dml; expected sequential',
  ],
  [
    'sessionConfig: { session.intra_op.alow_spinning: "1" }',
    'targets.t.onnx.sessionConfig."session.intra_op.alow_spinning": found session.intra_op.alow_spinning, which ' +
      'onnxruntime ignores without a word; did you mean session.intra_op.allow_spinning?',
  ],
  [
    'sessionConfig: { session.disable_cpu_ep_fallback: "1" }',
    "found session.disable_cpu_ep_fallback, expected it to be said by the target's own key `require`",
  ],
  ['sessionConfig: { session.set_denormal_as_zero: true }', 'found true, expected text or a number as onnxruntime'],
])('%s is refused', (more, expected) => {
  expect(sentence(more)).toContain(expected);
});

test('session options vary as any other value below a target', () => {
  const plan = planOf(`${text('')}vary: { onnx.graph: [disabled, all] }\n`);
  expect(plan.cells.map(({ spec }) => spec.kind === 'onnx' && spec.session.graph)).toEqual(['disabled', 'all']);
});
