// Files of samples as NumPy and others write them.
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import type { PlannedFile } from '../../src/campaign/inputs-spec.ts';
import { type SampleKind, stageSamples } from '../../src/targets/samples/staging.ts';
import { temporaryFolder } from './onnx-files.ts';

/** A NumPy header of version 1 around `fields`, padded as NumPy pads it. */
export function npyHeader(fields: string, version = 1): Buffer {
  const lengthBytes = version === 1 ? 2 : 4;
  const unpadded = 6 + 2 + lengthBytes + fields.length + 1;
  const text = `${fields}${' '.repeat((64 - (unpadded % 64)) % 64)}\n`;
  const head = Buffer.alloc(8 + lengthBytes);
  head.write('\x93NUMPY', 0, 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(text.length, 8);
  else head.writeUInt32LE(text.length, 8);
  return Buffer.concat([head, Buffer.from(text, version === 3 ? 'utf8' : 'latin1')]);
}

/** The fields of a header; a tuple of one has a comma. */
export const npyFields = (descr: string, shape: readonly number[], order = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;

export const npy = (descr: string, shape: readonly number[], values: ArrayBufferView): Buffer =>
  Buffer.concat([npyHeader(npyFields(descr, shape)), Buffer.from(values.buffer, values.byteOffset, values.byteLength)]);

/** Text as NumPy holds it: `width` code points of four bytes. */
export function npyText(texts: readonly string[], width: number, shape: readonly number[] = [texts.length]): Buffer {
  const points = new Uint32Array(texts.length * width);
  texts.forEach((text, i) => {
    [...text].forEach((letter, at) => {
      points[i * width + at] = letter.codePointAt(0) ?? 0;
    });
  });
  return npy(`<U${width}`, shape, points);
}

export interface ZipMember {
  readonly name: string;
  readonly content: Buffer;
  readonly how: 'stored' | 'deflated';
  /** What its head says of it instead of the truth. */
  readonly lie?: { readonly crc?: number; readonly flags?: number; readonly method?: number };
}

/** An archive as `np.savez` writes it: each local head carries its sizes in a zip64 field. */
export function zip(members: readonly ZipMember[]): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, content, how, lie } of members) {
    const packed = how === 'deflated' ? deflateRawSync(content) : content;
    const method = lie?.method ?? (how === 'deflated' ? 8 : 0);
    const common = { name, method, flags: lie?.flags ?? 0, crc: lie?.crc ?? crc32(content) };
    const sizes = { packed: packed.length, full: content.length };
    const head = localHead(common, sizes);
    parts.push(head, packed);
    central.push(centralHead(common, sizes, at));
    at += head.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, directory, end]);
}

interface Common {
  readonly name: string;
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
}
interface Sizes {
  readonly packed: number;
  readonly full: number;
}

function localHead({ name, method, flags, crc }: Common, { packed, full }: Sizes): Buffer {
  const head = Buffer.alloc(30 + name.length + 20);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(45, 4);
  head.writeUInt16LE(flags, 6);
  head.writeUInt16LE(method, 8);
  head.writeUInt32LE(crc, 14);
  head.writeUInt32LE(0xffffffff, 18);
  head.writeUInt32LE(0xffffffff, 22);
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(20, 28);
  head.write(name, 30, 'latin1');
  head.writeUInt16LE(1, 30 + name.length);
  head.writeUInt16LE(16, 32 + name.length);
  head.writeBigUInt64LE(BigInt(full), 34 + name.length);
  head.writeBigUInt64LE(BigInt(packed), 42 + name.length);
  return head;
}

function centralHead({ name, method, flags, crc }: Common, { packed, full }: Sizes, at: number): Buffer {
  const head = Buffer.alloc(46 + name.length);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(45, 4);
  head.writeUInt16LE(45, 6);
  head.writeUInt16LE(flags, 8);
  head.writeUInt16LE(method, 10);
  head.writeUInt32LE(crc, 16);
  head.writeUInt32LE(packed, 20);
  head.writeUInt32LE(full, 24);
  head.writeUInt16LE(name.length, 28);
  head.writeUInt32LE(at, 42);
  head.write(name, 46, 'latin1');
  return head;
}

/** Writes a file of samples and reads it as planning does. */
export async function plannedFile(kind: SampleKind, content: Uint8Array | string): Promise<PlannedFile> {
  const folder = temporaryFolder();
  const path = join(folder, `samples.${kind}`);
  writeFileSync(path, content);
  const cache = join(folder, 'cache');
  return { path, ...(await stageSamples(kind, path, cache)), cache };
}

export const sizeOf = (path: string): number => statSync(path).size;
