/** A file that was read when the plan was made. */
export interface PlannedFile {
  /** Absolute. */
  readonly path: string;
  /** Of its content, lowercase hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  /** Absolute path of the folder in which what is derived from it is kept: digests, line indexes, unpacked arrays. */
  readonly cache: string;
}

/** How random values are drawn. Whole numbers are rounded: down where values are uniform, to the nearest otherwise. */
export type ValueLaw =
  /** from <= value < to. */
  | { readonly kind: 'uniform'; readonly from: number; readonly to: number }
  /** Within [from, to] where they are given: what falls outside is drawn again. */
  | {
      readonly kind: 'normal';
      readonly mean: number;
      readonly deviation: number;
      readonly from: number | null;
      readonly to: number | null;
    }
  | { readonly kind: 'constant'; readonly value: number | boolean | string }
  /** Texts of so many letters. */
  | { readonly kind: 'text'; readonly length: number };

/** What is drawn for the inputs of a model; what is absent follows from the element type. */
export interface RandomLaws {
  /** Of every input of numbers that `tensors` does not name; a constant also of truths and texts that it fits. */
  readonly law?: ValueLaw;
  /** Letters of every text. */
  readonly length?: number;
  /** By the name of an input. */
  readonly tensors?: Readonly<Record<string, ValueLaw>>;
}

/**
 * What a model is fed. A request with `batch` samples takes those that follow one another from a drawn one on; after
 * the last sample comes the first.
 */
export type InputsSpec =
  | ({ readonly kind: 'random'; readonly samples: number } & RandomLaws)
  /** `input`: the input that the array fills; null: the only one. */
  | { readonly kind: 'npy'; readonly file: PlannedFile; readonly input: string | null }
  | { readonly kind: 'npz'; readonly file: PlannedFile }
  | { readonly kind: 'raw'; readonly file: PlannedFile; readonly input: string | null }
  | { readonly kind: 'jsonl'; readonly file: PlannedFile };

/** What a model must answer: one expectation for each sample of the inputs. */
export interface ExpectSpec {
  readonly source:
    | { readonly kind: 'npy'; readonly file: PlannedFile; readonly output: string | null }
    | { readonly kind: 'npz'; readonly file: PlannedFile }
    | { readonly kind: 'jsonl'; readonly file: PlannedFile };
  /** A floating-point value may differ by `absolute + relative * |expected|`. */
  readonly absolute: number;
  readonly relative: number;
}
