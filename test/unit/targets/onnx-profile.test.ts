import { describe, expect, test } from 'vitest';
import { nodesByProvider } from '../../../src/targets/onnx-profile.ts';
import { leftOnCpu, placementOn } from '../../../src/targets/placement.ts';

/** One kernel as onnxruntime 1.30 writes it: https://onnxruntime.ai/docs/performance/tune-performance/profiling-tools.html */
const kernel = (node: string, operator: string, provider: string, ts: number, dur: number, tid = 7) => ({
  cat: 'Node',
  pid: 1,
  tid,
  dur,
  ts,
  ph: 'X',
  name: `${node}_kernel_time`,
  args: { op_name: operator, node_index: node.replace(/\D/gu, ''), provider: `${provider}ExecutionProvider` },
});

const request = (ts: number, dur: number) => ({
  cat: 'Session',
  pid: 1,
  tid: 7,
  dur,
  ts,
  ph: 'X',
  name: 'model_run',
  args: {},
});

const initialization = {
  cat: 'Session',
  pid: 1,
  tid: 7,
  dur: 90,
  ts: 1,
  ph: 'X',
  name: 'session_initialization',
  args: {},
};

const text = (...events: readonly object[]): string => JSON.stringify(events);

/** A convolutional model on CUDA of which the shape arithmetic stayed on the CPU; the first request is slow. */
const SHARED = text(
  initialization,
  kernel('n1', 'Shape', 'CPU', 110, 40),
  kernel('n2', 'Conv', 'CUDA', 150, 900),
  kernel('n3', 'Gather', 'CPU', 1060, 20),
  request(100, 1000),
  kernel('n1', 'Shape', 'CPU', 2010, 10),
  kernel('n2', 'Conv', 'CUDA', 2020, 300),
  kernel('n3', 'Gather', 'CPU', 2330, 5),
  request(2000, 400),
);

test('nodes count once, and time is that of the fastest request', () => {
  expect(nodesByProvider(SHARED)).toEqual({
    cpu: { count: 2, ms: 0.015, operators: { Gather: 1, Shape: 1 } },
    cuda: { count: 1, ms: 0.3, operators: { Conv: 1 } },
  });
});

test('a node that ran many times in a loop is one node, and its time is not also the loop’s', () => {
  const loop = text(
    kernel('n1', 'Loop', 'CPU', 100, 100),
    kernel('n2', 'Add', 'CUDA', 110, 30),
    kernel('n2', 'Add', 'CUDA', 150, 30),
    kernel('n3', 'Add', 'CPU', 200, 10),
    request(90, 200),
  );
  expect(nodesByProvider(loop)).toEqual({
    cpu: { count: 2, ms: 0.05, operators: { Add: 1, Loop: 1 } },
    cuda: { count: 1, ms: 0.06, operators: { Add: 1 } },
  });
});

test('kernels of another thread stand beside each other, not inside', () => {
  const branches = text(
    kernel('n1', 'MatMul', 'CPU', 0, 100, 1),
    kernel('n2', 'MatMul', 'CPU', 10, 50, 2),
    request(0, 100),
  );
  expect(nodesByProvider(branches).cpu?.ms).toBe(0.15);
});

test('a profile without requests or nodes tells what there is', () => {
  expect(nodesByProvider(text(kernel('n1', 'Conv', 'Tensorrt', 5, 3)))).toEqual({
    tensorrt: { count: 1, ms: 0.003, operators: { Conv: 1 } },
  });
  expect(nodesByProvider(text(initialization, request(1, 2)))).toEqual({});
  expect(nodesByProvider('[]')).toEqual({});
});

test('what is no kernel is not counted', () => {
  const fence = { ...kernel('n1', 'Conv', 'CUDA', 5, 3), name: 'n1_fence_before' };
  const device = { ...kernel('n1', 'Conv', 'CUDA', 5, 3), cat: 'Kernel' };
  expect(nodesByProvider(text(fence, device, request(0, 9)))).toEqual({});
});

describe('a provider', () => {
  const shared = nodesByProvider(SHARED);

  test('that runs some nodes shares the model with the cpu, and the sentence says which stayed', () => {
    expect(placementOn('cuda', shared)).toEqual({
      kind: 'shared',
      sentence: '2 of 3 nodes on cpu (Gather 1, Shape 1)',
    });
  });

  test('that runs none does not count as used', () => {
    const refused = { kind: 'refused', reason: 'takes none of the model’s nodes' };
    expect(placementOn('tensorrt', shared)).toEqual(refused);
    expect(placementOn('cuda', {})).toEqual(refused);
  });

  test('that is required and leaves nodes to the cpu is refused with their operators', () => {
    expect(placementOn('cuda', shared, 'required')).toEqual({
      kind: 'refused',
      reason: '2 of 3 nodes on cpu (Gather 1, Shape 1); without require they run there, with a caution',
    });
    expect(placementOn('cuda', { cuda: { count: 1, ms: 1, operators: { Conv: 1 } } }, 'required')).toEqual({
      kind: 'all',
    });
  });

  test('that runs all of them, alone or beside another device, runs all', () => {
    const cuda = { count: 3, ms: 1, operators: { Conv: 3 } };
    expect(placementOn('cuda', { cuda })).toEqual({ kind: 'all' });
    expect(placementOn('tensorrt', { cuda, tensorrt: cuda })).toEqual({ kind: 'all' });
    expect(placementOn('cpu', { cpu: cuda })).toEqual({ kind: 'all' });
  });

  test('has the commonest operators on the cpu named, not all', () => {
    const operators = { Shape: 9, Gather: 5, Cast: 4, Concat: 1 };
    const nodes = { cpu: { count: 19, ms: 1, operators }, cuda: { count: 81, ms: 2, operators: { Conv: 81 } } };
    expect(leftOnCpu(nodes)).toBe('19 of 100 nodes on cpu (Shape 9, Gather 5, Cast 4, …)');
  });
});
