import type * as Protobuf from '@bufbuild/protobuf';
import type * as Wire from '@bufbuild/protobuf/wire';

/*
 * What is used of the protobuf runtime, each from its own file of the package, whose version package.json pins: the
 * package's index also builds the descriptors of all well-known types, which costs every process of a run some 40 ms of
 * CPU time before its first word. bench/first-request.ts watches it.
 */
const index = import.meta.resolve('@bufbuild/protobuf');
const load = async (file: string): Promise<typeof Protobuf> => await import(new URL(file, index).href);
const wire: typeof Wire = await import(new URL('wire/binary-encoding.js', index).href);

export const { create } = await load('create.js');
export const { fromBinary } = await load('from-binary.js');
export const { toBinary } = await load('to-binary.js');
export const { BinaryWriter } = wire;
