import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { onTestFinished } from 'vitest';
import { DATA_TYPES } from '../../src/models/element-type.ts';
import { type GraphProtoSchema, ModelProtoSchema, type ValueInfoProtoSchema } from '../../src/models/gen/onnx_pb.ts';

type ValueInit = MessageInitShape<typeof ValueInfoProtoSchema>;

/** A folder that is gone when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes `bytes` to a file in a folder of its own and returns its path. */
export function temporaryFile(bytes: Uint8Array | string, name = 'model.onnx'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

/** A tensor's description; an empty string is a free dimension without a name. */
export const tensorValue = (
  name: string,
  type: keyof typeof DATA_TYPES,
  shape: readonly (number | string)[],
): ValueInit => ({
  name,
  type: {
    value: {
      case: 'tensorType',
      value: {
        elemType: DATA_TYPES[type],
        shape: {
          dim: shape.map((dim) =>
            typeof dim === 'number'
              ? { value: { case: 'dimValue' as const, value: BigInt(dim) } }
              : { value: { case: 'dimParam' as const, value: dim } },
          ),
        },
      },
    },
  },
});

/** A model of any graph, valid or not. */
export const modelBytes = (graph: MessageInitShape<typeof GraphProtoSchema>): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ domain: '', version: 17n }], graph }),
  );

/** `y = x` for one element type and shape. */
export const identityModel = (type: keyof typeof DATA_TYPES, shape: readonly (number | string)[]): Uint8Array =>
  modelBytes({
    name: 'identity',
    node: [{ opType: 'Identity', input: ['x'], output: ['y'] }],
    input: [tensorValue('x', type, shape)],
    output: [tensorValue('y', type, shape)],
  });

/** Looks rows up in a table of four numbers; `external`: the table lies in `table.bin` beside the model. */
export const tableModel = (external: boolean): Uint8Array =>
  modelBytes({
    name: 'table',
    node: [{ opType: 'Gather', input: ['table', 'ids'], output: ['y'] }],
    initializer: [
      {
        name: 'table',
        dataType: 1,
        dims: [4n, 1n],
        ...(external
          ? {
              dataLocation: 1,
              externalData: [
                { key: 'location', value: 'table.bin' },
                { key: 'offset', value: '0' },
                { key: 'length', value: '16' },
              ],
            }
          : { rawData: new Uint8Array(Float32Array.of(10, 20, 30, 40).buffer) }),
      },
    ],
    input: [tensorValue('ids', 'int64', ['N'])],
    output: [tensorValue('y', 'float32', ['N', 1])],
  });
