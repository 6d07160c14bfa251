import { basename } from 'node:path';
import type { InputsSpec, PlannedFile } from '../../campaign/inputs-spec.ts';
import { stream } from '../../scenarios/rng.ts';
import { elementsIn, shapeText } from '../elements.ts';
import { FeedError } from '../feed-error.ts';
import type { BoundInput } from '../onnx-shapes.ts';
import { fillRandom, INPUT_SET_SEED } from '../random-values.ts';
import { openNpy, openNpz, type SampleArray } from './array-file.ts';
import { ByteFile } from './byte-file.ts';
import { type InputMemory, memoryOf, putJson } from './input-memory.ts';
import { JsonLines } from './json-lines.ts';
import { endsIn } from './json-values.ts';
import { decodeText } from './npy.ts';
import { SampleRows } from './sample-rows.ts';

/** Samples in a file, laid into the memory of a request one request at a time. */
export interface SamplePool {
  readonly count: number;
  readonly memories: readonly InputMemory[];
  /**
   * Lays the `batch` samples from `first` on into the memories; after the last sample comes the first.
   *
   * @throws Error one sentence that begins with the campaign's key.
   */
  lay(first: number): void;
  /** Looks at samples from everywhere, as far as a look at the file itself has not shown them to be sound. */
  probe(): void;
  close(): void;
}

type FileInputs = Exclude<InputsSpec, { kind: 'random' }>;

/** What fills one or several memories. */
interface Source {
  readonly count: number;
  lay(first: number): void;
  probe(): void;
  close(): void;
}

/**
 * Opens the samples of a campaign for a model's inputs. The descriptors and the memory of one request are all that it
 * keeps, however many samples there are.
 *
 * @throws FeedError for a file that does not fit the inputs.
 */
export async function openPool(spec: FileInputs, inputs: readonly BoundInput[], batch: number): Promise<SamplePool> {
  const memories = inputs.map((input) => memoryOf(input, batch));
  const key = ['inputs', spec.kind, 'file'];
  const source = await fitting(key, () => sourceOf(spec, memories, batch));
  const lay = (first: number): void => laid(key, () => source.lay(first));
  return {
    count: source.count,
    memories,
    lay,
    probe: () => laid(key, () => source.probe()),
    close: () => source.close(),
  };
}

/** Turns a sentence about a file into the campaign's own. */
async function fitting<T>(key: readonly string[], open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw asFeedError(key, error);
  }
}

function laid(key: readonly string[], lay: () => void): void {
  try {
    lay();
  } catch (error) {
    throw asFeedError(key, error);
  }
}

function asFeedError(key: readonly string[], error: unknown): FeedError {
  if (error instanceof FeedError) return error;
  return new FeedError(key, error instanceof Error ? error.message : String(error), { cause: error });
}

function sourceOf(spec: FileInputs, memories: readonly InputMemory[], batch: number): Promise<Source> {
  switch (spec.kind) {
    case 'npy':
      return npySource(spec.file, chosen(spec, memories), batch);
    case 'npz':
      return npzSource(spec.file, memories, batch);
    case 'raw':
      return rawSource(spec.file, spec.input === null ? memories : [chosen(spec, memories)], batch);
    case 'jsonl':
      return linesSource(spec.file, memories, batch);
  }
}

/** The one input that a file fills. The others keep usual random values, the same in every request. */
function chosen(
  { kind, input }: Extract<FileInputs, { input: string | null }>,
  memories: readonly InputMemory[],
): InputMemory {
  const names = memories.map((memory) => memory.input.name).join(', ');
  const found = input === null ? memories[0] : memories.find((memory) => memory.input.name === input);
  if (found === undefined || (input === null && memories.length > 1)) {
    const what = input === null ? 'no input' : input;
    throw new FeedError(['inputs', kind, 'input'], `found ${what}, expected one of the model's inputs: ${names}`);
  }
  for (const other of memories) if (other !== found) fillUsual(other);
  return found;
}

function fillUsual(memory: InputMemory): void {
  const rng = stream(INPUT_SET_SEED, `inputs/${memory.input.name}`);
  if (memory.kind === 'numbers')
    fillRandom(memory.element, null, memory.bytes.buffer as ArrayBuffer, rng, memory.input.rows);
}

async function npySource({ path }: PlannedFile, memory: InputMemory, batch: number): Promise<Source> {
  const array = openNpy(path);
  return arraysSource([[array, memory]], batch);
}

async function npzSource(
  { path, sha256, cache }: PlannedFile,
  memories: readonly InputMemory[],
  batch: number,
): Promise<Source> {
  const names = memories.map((memory) => memory.input.name);
  const arrays = await openNpz(path, sha256, cache, (name) => names.includes(name));
  const missing = names.find((name) => !arrays.has(name));
  if (missing !== undefined) {
    for (const array of arrays.values()) array.close();
    throw new Error(`found no array ${missing} in ${basename(path)}, expected one for each input: ${names.join(', ')}`);
  }
  return arraysSource(
    memories.map((memory) => [arrays.get(memory.input.name) as SampleArray, memory]),
    batch,
  );
}

function arraysSource(pairs: readonly (readonly [SampleArray, InputMemory])[], batch: number): Source {
  const close = (): void => {
    for (const [array] of pairs) array.close();
  };
  try {
    for (const [array, memory] of pairs) refuseMisfit(array, memory);
    const layers = pairs.map(([array, memory]) => layerOf(array, memory, batch));
    return {
      count: pairs[0]?.[0].count ?? 0,
      lay: (first) => {
        for (const layer of layers) layer(first);
      },
      probe: () => {},
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function refuseMisfit({ label, header, shape }: SampleArray, { input, shape: wanted }: InputMemory): void {
  if (header.type !== input.type) {
    const hint = input.type === 'string' ? 'str' : `np.${input.type === 'bool' ? 'bool_' : input.type}`;
    throw new Error(
      `found ${header.type} in ${label}, expected ${input.type}, the type of the model's input ${input.name}: save array.astype(${hint})`,
    );
  }
  if (endsIn(shape, wanted)) return;
  throw new Error(
    `found samples of shape ${shapeText(shape)} in ${label}, expected ${shapeText(wanted)}, one sample of the model's input ${input.name}`,
  );
}

function layerOf({ rows, header }: SampleArray, memory: InputMemory, batch: number): (first: number) => void {
  if (memory.kind === 'numbers') return (first) => rows.read(first, batch, memory.bytes);
  const stored = new Uint8Array(batch * rows.bytes);
  const { elementBytes, text } = header;
  return (first) => {
    rows.read(first, batch, stored);
    for (let i = 0; i < memory.data.length; i++) {
      memory.data[i] = decodeText(stored.subarray(i * elementBytes, (i + 1) * elementBytes), text ?? 'bytes');
    }
  };
}

async function rawSource({ path }: PlannedFile, memories: readonly InputMemory[], batch: number): Promise<Source> {
  const sizes = memories.map((memory) => {
    if (memory.kind === 'numbers') return memory.sampleBytes;
    throw new Error(`found the text input ${memory.input.name}, expected numbers: text has no fixed width; use jsonl`);
  });
  const stride = elementsIn([sizes.reduce((sum, size) => sum + size, 0)]);
  const file = new ByteFile(path);
  const count = file.size / stride;
  if (file.size === 0 || !Number.isInteger(count)) {
    file.close();
    const parts = memories.map(({ input, shape }) => `${input.name} ${input.type} ${shapeText(shape)}`).join(', ');
    throw new Error(
      `found ${file.size} bytes in ${basename(path)}, expected a multiple of ${stride}, the bytes of one sample (${parts})`,
    );
  }
  let base = 0;
  const layers = memories.map((memory, i) => {
    const bytes = sizes[i] ?? 0;
    const rows = new SampleRows(file, { base, stride, bytes, count });
    base += bytes;
    return { rows, into: (memory as Extract<InputMemory, { kind: 'numbers' }>).bytes };
  });
  return {
    count,
    lay: (first) => {
      for (const { rows, into } of layers) rows.read(first, batch, into);
    },
    probe: () => {},
    close: () => file.close(),
  };
}

async function linesSource(file: PlannedFile, memories: readonly InputMemory[], batch: number): Promise<Source> {
  const lines = await JsonLines.open(file);
  const put = (index: number, row: number): void => {
    const record = lines.record(index);
    for (const memory of memories) {
      const value = valueFor(memory, record, memories.length, () => lines.name(index));
      try {
        putJson(memory, row, value);
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        throw new Error(`${words} (${lines.name(index)}, input ${memory.input.name})`);
      }
    }
  };
  return {
    count: lines.count,
    lay: (first) => {
      for (let row = 0; row < batch; row++) put((first + row) % lines.count, row);
    },
    probe: () => {
      for (const index of lines.spotChecks()) put(index, 0);
    },
    close: () => lines.close(),
  };
}

/** A record is a map from inputs, or what the only input is. */
function valueFor({ input }: InputMemory, record: unknown, inputs: number, name: () => string): unknown {
  const isMap = typeof record === 'object' && record !== null && !Array.isArray(record);
  if (!isMap && inputs === 1) return record;
  if (isMap && Object.hasOwn(record, input.name)) return (record as Record<string, unknown>)[input.name];
  const found = isMap ? `the keys ${Object.keys(record).join(', ') || '(none)'}` : JSON.stringify(record).slice(0, 40);
  throw new Error(`found ${found} in ${name()}, expected a map with the model's input ${input.name}`);
}
