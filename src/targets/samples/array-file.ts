import { basename } from 'node:path';
import { elementsIn, shapeText } from '../elements.ts';
import { ByteFile } from './byte-file.ts';
import { LONGEST_HEADER, type NpyHeader, readNpyHeader } from './npy.ts';
import { npzMembers } from './npz.ts';
import { SampleRows } from './sample-rows.ts';

/** An array whose first dimension counts samples. */
export interface SampleArray {
  /** What people call it: `samples.npz, array pixels`. */
  readonly label: string;
  readonly header: NpyHeader;
  readonly count: number;
  /** Of one sample. */
  readonly shape: readonly number[];
  readonly rows: SampleRows;
  close(): void;
}

/** @throws Error `found …, expected …` for a file that is no such array, or is cut short. */
export function openNpy(path: string, label = basename(path), base = 0, bytes: number | null = null): SampleArray {
  const file = new ByteFile(path);
  try {
    const size = bytes ?? file.size;
    const reading = readNpyHeader(file.slice(base, Math.min(size, LONGEST_HEADER)));
    if (!reading.ok) throw new Error(`${reading.problem} (${label})`);
    const { header } = reading;
    const [count, ...shape] = header.shape;
    if (count === undefined)
      throw new Error(`found a single value in ${label}, expected samples along a first dimension`);
    const needed = header.dataOffset + elementsIn(header.shape) * header.elementBytes;
    if (elementsIn(header.shape) === 0) {
      throw new Error(
        `found the shape ${shapeText(header.shape)} in ${label}, expected at least one sample of one value`,
      );
    }
    if (size < needed) {
      throw new Error(`found ${label} cut short after ${size} bytes, expected ${needed} as its header says`);
    }
    const rowBytes = elementsIn(shape) * header.elementBytes;
    const geometry = { base: base + header.dataOffset, stride: rowBytes, bytes: rowBytes, count };
    return { label, header, count, shape, rows: new SampleRows(file, geometry), close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** The arrays of an archive by name. @throws Error as {@link openNpy}, for what is no archive, and for differing counts. */
export async function openNpz(
  path: string,
  sha256: string,
  cache: string,
  wanted: (name: string) => boolean,
): Promise<ReadonlyMap<string, SampleArray>> {
  const label = basename(path);
  const members = await npzMembers(path, sha256, cache).catch((error: unknown) => {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`found ${label}, which is no sound archive: ${words}; expected one written by np.savez`);
  });
  const arrays = new Map<string, SampleArray>();
  try {
    for (const { name, path: file, base, bytes } of members) {
      if (wanted(name)) arrays.set(name, openNpy(file, `${label}, array ${name}`, base, bytes));
    }
    refuseCounts([...arrays.values()]);
    return arrays;
  } catch (error) {
    for (const array of arrays.values()) array.close();
    throw error;
  }
}

function refuseCounts([first, ...others]: readonly SampleArray[]): void {
  const other = others.find(({ count }) => count !== first?.count);
  if (first === undefined || other === undefined) return;
  throw new Error(
    `found ${other.count} samples in ${other.label} and ${first.count} in ${first.label}, expected as many in each`,
  );
}
