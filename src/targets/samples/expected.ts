import { basename } from 'node:path';
import type { ExpectSpec } from '../../campaign/inputs-spec.ts';
import type { ModelTensor } from '../../models/inspect.ts';
import { Outcome } from '../../stats/outcome.ts';
import { ELEMENTS, elementsIn, shapeText } from '../elements.ts';
import { FeedError } from '../feed-error.ts';
import { RequestFailure } from '../target.ts';
import { openNpy, openNpz, type SampleArray } from './array-file.ts';
import { describeDifference, type Expectation, firstDifference, type OutputTensor } from './difference.ts';
import { JsonLines } from './json-lines.ts';
import { flattenedFreely } from './json-values.ts';
import { decodeText } from './npy.ts';

export type Outputs = Readonly<Record<string, OutputTensor>>;

/** What the model is asked, as far as its answers hang on it. */
export interface Asked {
  readonly outputs: readonly ModelTensor[];
  /** Samples of the inputs. */
  readonly count: number;
  readonly batch: number;
}

/** Expected values of one output: of sample `index`, in row-major order. The next call may overwrite them. */
interface Column {
  readonly output: string;
  expected(index: number): Expectation;
}

/** Expected outputs, one for each sample of the inputs. */
export class Expected {
  readonly #columns: readonly Column[];
  readonly #spec: ExpectSpec;
  readonly #asked: Asked;
  readonly #close: () => void;

  private constructor(columns: readonly Column[], spec: ExpectSpec, asked: Asked, close: () => void) {
    this.#columns = columns;
    this.#spec = spec;
    this.#asked = asked;
    this.#close = close;
  }

  /** @throws FeedError for expectations that do not fit the model's outputs or the number of samples. */
  static async open(spec: ExpectSpec, asked: Asked): Promise<Expected> {
    const { source } = spec;
    try {
      const opened = await columnsOf(source, asked);
      if (opened.count === asked.count) return new Expected(opened.columns, spec, asked, opened.close);
      opened.close();
      throw new Error(
        `found ${opened.count} expected outputs in ${basename(source.file.path)}, expected ${asked.count}, one for each sample of the inputs`,
      );
    } catch (error) {
      if (error instanceof FeedError) throw error;
      const words = error instanceof Error ? error.message : String(error);
      throw new FeedError(['expect', source.kind, 'file'], words, { cause: error });
    }
  }

  /**
   * Holds the answer of a request against what its samples, from `first` on, should have come to.
   *
   * @throws RequestFailure `wrong-output` at the first value that differs; Error for an expectation that cannot be read.
   */
  check(first: number, outputs: Outputs): Outcome {
    const { count, batch } = this.#asked;
    for (const column of this.#columns) {
      const found = outputs[column.output];
      const size = (found?.data.length ?? 0) / batch;
      for (let row = 0; row < batch; row++) {
        const sample = (first + row) % count;
        const problem = this.#compare(column, found, size, row, sample);
        if (problem !== null) {
          throw new RequestFailure(
            'wrong-output',
            column.output,
            `sample ${sample}, output ${column.output}${problem}`,
          );
        }
      }
    }
    return Outcome.ok;
  }

  close(): void {
    this.#close();
  }

  #compare(column: Column, found: OutputTensor | undefined, size: number, row: number, sample: number): string | null {
    const expectation = column.expected(sample);
    const inFront = this.#asked.batch === 1 || found?.dims[0] === this.#asked.batch;
    if (found === undefined || !inFront || size !== expectation.length) {
      const shape = found === undefined ? 'none' : shapeText(found.dims);
      const samples = this.#asked.batch === 1 ? '' : ` for each of ${this.#asked.batch} samples in front`;
      return `: found the shape ${shape}, expected ${expectation.length} values${samples}`;
    }
    const isFloat = ELEMENTS.get(found.type)?.kind === 'float';
    const tolerance = isFloat ? this.#spec : EXACT;
    const at = firstDifference(found.data, row * size, expectation, tolerance);
    return at < 0 ? null : describeDifference(found, row * size, at, expectation, tolerance);
  }
}

const EXACT = { absolute: 0, relative: 0 } as const;

interface OpenColumns {
  readonly columns: readonly Column[];
  readonly count: number;
  readonly close: () => void;
}

async function columnsOf(source: ExpectSpec['source'], { outputs }: Asked): Promise<OpenColumns> {
  switch (source.kind) {
    case 'npy': {
      const output = onlyOutput(source.output, outputs);
      return arrayColumns(new Map([[output.name, openNpy(source.file.path)]]), outputs);
    }
    case 'npz': {
      const { path, sha256, cache } = source.file;
      const arrays = await openNpz(path, sha256, cache, (name) => outputs.some((output) => output.name === name));
      if (arrays.size > 0) return arrayColumns(arrays, outputs);
      throw new Error(
        `found no array in ${basename(path)} named after an output, expected some of ${namesOf(outputs)}`,
      );
    }
    case 'jsonl':
      return lineColumns(await JsonLines.open(source.file), outputs);
  }
}

const namesOf = (outputs: readonly ModelTensor[]): string => outputs.map(({ name }) => name).join(', ');

function onlyOutput(name: string | null, outputs: readonly ModelTensor[]): ModelTensor {
  const found = name === null ? outputs[0] : outputs.find((output) => output.name === name);
  if (found !== undefined && (name !== null || outputs.length === 1)) return found;
  const what = name ?? 'no output';
  throw new FeedError(
    ['expect', 'npy', 'output'],
    `found ${what}, expected one of the model's outputs: ${namesOf(outputs)}`,
  );
}

function arrayColumns(arrays: ReadonlyMap<string, SampleArray>, outputs: readonly ModelTensor[]): OpenColumns {
  const close = (): void => {
    for (const array of arrays.values()) array.close();
  };
  try {
    const columns = [...arrays].map(([name, array]) => {
      const output = outputs.find((each) => each.name === name);
      if (output !== undefined) refuseMisfit(array, output);
      return arrayColumn(name, array);
    });
    return { columns, count: [...arrays.values()][0]?.count ?? 0, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** What the model says of an output, as far as it says it. */
function refuseMisfit({ label, header, shape }: SampleArray, { name, type, shape: model }: ModelTensor): void {
  if ((header.type === 'string') !== (type === 'string')) {
    throw new Error(`found ${header.type} in ${label}, expected ${type} as the model's output ${name} is`);
  }
  const rest = model.slice(1);
  const sizes = rest.filter((size) => typeof size === 'number');
  if (model.length === 0 || sizes.length < rest.length) return;
  // A fixed first dimension may be the sample's own or the batch.
  const own = elementsIn(sizes);
  const whole = typeof model[0] === 'number' ? own * model[0] : own;
  const found = elementsIn(shape);
  if (found === own || found === whole) return;
  throw new Error(
    `found expectations of shape ${shapeText(shape)} in ${label}, expected those of the model's output ${name}: ${shapeText(rest)}`,
  );
}

function arrayColumn(output: string, { header, rows, shape }: SampleArray): Column {
  const stored = new Uint8Array(rows.bytes);
  const elements = elementsIn(shape);
  const element = ELEMENTS.get(header.type);
  if (element !== undefined) {
    const values = element.values(stored.buffer, 0, elements);
    return {
      output,
      expected: (index) => {
        rows.read(index, 1, stored);
        return values;
      },
    };
  }
  const { elementBytes, text } = header;
  return {
    output,
    expected: (index) => {
      rows.read(index, 1, stored);
      return Array.from({ length: elements }, (_, i) =>
        decodeText(stored.subarray(i * elementBytes, (i + 1) * elementBytes), text ?? 'bytes'),
      );
    },
  };
}

/** The outputs that the first record names; a list alone is the only output. */
function lineColumns(lines: JsonLines, outputs: readonly ModelTensor[]): OpenColumns {
  const close = (): void => lines.close();
  try {
    const first = mapOf(lines, 0, outputs);
    const compared = outputs.filter(({ name }) => first.has(name));
    if (compared.length === 0) {
      throw new Error(`found no output in ${lines.name(0)}, expected a map with some of ${namesOf(outputs)}`);
    }
    const columns = compared.map(({ name }) => ({
      output: name,
      expected: (index: number) => valuesIn(lines, index, name, outputs),
    }));
    for (const index of lines.spotChecks()) for (const { expected } of columns) expected(index);
    return { columns, count: lines.count, close };
  } catch (error) {
    close();
    throw error;
  }
}

function mapOf(lines: JsonLines, index: number, outputs: readonly ModelTensor[]): ReadonlyMap<string, unknown> {
  const record = lines.record(index);
  const [only] = outputs;
  if (typeof record === 'object' && record !== null && !Array.isArray(record)) return new Map(Object.entries(record));
  return only === undefined || outputs.length > 1 ? new Map() : new Map([[only.name, record]]);
}

function valuesIn(lines: JsonLines, index: number, name: string, outputs: readonly ModelTensor[]): Expectation {
  const record = mapOf(lines, index, outputs);
  if (!record.has(name)) throw new Error(`found ${lines.name(index)} without the output ${name}, expected it in each`);
  try {
    return flattenedFreely(record.get(name));
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`${words} (${lines.name(index)}, output ${name})`);
  }
}
