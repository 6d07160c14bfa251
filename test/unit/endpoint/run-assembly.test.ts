import { expect, test } from 'vitest';
import { assembled, splitOutputs, UnsplitOutput } from '../../../src/endpoint/run-assembly.ts';
import type { Port } from '../../../src/endpoint/signature.ts';
import { placesOf } from '../../../src/endpoint/task.ts';
import { decodeStrings, encodeStrings } from '../../../src/oip/bytes-elements.ts';
import { type DatatypeName, datatypeOf } from '../../../src/oip/datatype.ts';
import type { Tensor } from '../../../src/oip/tensor.ts';

const port = (name: string, datatype: DatatypeName): Port => ({ name, type: datatypeOf(datatype), shape: ['N', 2] });
const ports = [port('text', 'BYTES'), port('half', 'FP16'), port('small', 'UINT8'), port('wide', 'INT64')];

const texts = (samples: number, from: number): string[] =>
  Array.from({ length: samples * 2 }, (_, i) => 'x'.repeat((from + i) % 5));
const member = (samples: number, from: number): { samples: number; inputs: Tensor[] } => ({
  samples,
  inputs: [
    { name: 'text', datatype: 'BYTES', shape: [samples, 2], bytes: encodeStrings(texts(samples, from)) },
    { name: 'half', datatype: 'FP16', shape: [samples, 2], bytes: new Uint8Array(samples * 4).fill(from) },
    { name: 'small', datatype: 'UINT8', shape: [samples, 2], bytes: new Uint8Array(samples * 2).fill(from) },
    { name: 'wide', datatype: 'INT64', shape: [samples, 2], bytes: new Uint8Array(samples * 16).fill(from) },
  ],
});

test('requests that are put together come apart as they were, whatever their sizes and types', () => {
  const runs = [[member(1, 3), member(3, 7), member(2, 1)], [member(2, 9)]];
  const { buffer, runs: shapes } = assembled(runs);
  expect(shapes[0]?.shapes).toEqual([
    [6, 2],
    [6, 2],
    [6, 2],
    [6, 2],
  ]);
  const starts = [...placesOf(shapes)].filter(({ tensor }) => tensor === 0).map(({ at }) => at);
  expect([...placesOf(shapes)].every(({ at }) => at % 8 === 0)).toBe(true);
  for (const [run, members] of runs.entries()) {
    const outputs = splitOutputs(ports, shapes[run] as never, buffer, starts[run] as number, members);
    for (const [index, { inputs }] of members.entries()) {
      expect(outputs[index]?.map(({ name, shape, bytes }) => [name, shape, [...bytes]])).toEqual(
        inputs.map(({ name, shape, bytes }) => [name, shape, [...bytes]]),
      );
    }
  }
  const [first] = splitOutputs(ports, shapes[0] as never, buffer, 0, runs[0] as never);
  expect(decodeStrings('text', first?.[0]?.bytes as Uint8Array)).toEqual(texts(1, 3));
});

test('an output that does not have the samples in front cannot be split, and is given whole to a request alone', () => {
  const shapes = { shapes: [[1]], lengths: [4] };
  const scalar = [{ name: 'mean', type: datatypeOf('FP32'), shape: [1] }];
  const members = [{ samples: 1 }, { samples: 1 }];
  expect(() => splitOutputs(scalar, shapes, new ArrayBuffer(8), 0, members)).toThrow(UnsplitOutput);
  expect(splitOutputs(scalar, shapes, new ArrayBuffer(8), 0, [{ samples: 2 }])[0]?.[0]?.shape).toEqual([1]);
});
