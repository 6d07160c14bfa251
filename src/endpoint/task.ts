/** What one run of the model is given, or gave: one entry per input or output, in the model's order. */
export interface RunTensors {
  readonly shapes: readonly (readonly number[])[];
  /** Length of each tensor's contents in the task's buffer. They lie one after the other, each at a multiple of eight. */
  readonly lengths: readonly number[];
}

/** Runs for one worker, which it does one after the other. The buffer is transferred, not copied. */
export interface Task {
  readonly id: number;
  readonly buffer: ArrayBuffer;
  readonly runs: readonly RunTensors[];
}

/** How a run went. Times are nanoseconds of the worker's thread. */
export type RunAnswer =
  | (RunTensors & {
      readonly ok: true;
      readonly inputNs: number;
      readonly inferNs: number;
      readonly outputNs: number;
    })
  /** `blame`: `request` when the model answers a request that is known to be good right afterwards, else `endpoint`. */
  | { readonly ok: false; readonly blame: 'request' | 'endpoint'; readonly message: string };

export interface TaskAnswer {
  readonly kind: 'answer';
  readonly id: number;
  readonly buffer: ArrayBuffer;
  readonly runs: readonly RunAnswer[];
}

/** Bytes that contents take in a task's buffer. */
export const padded = (length: number): number => (length + 7) & ~7;

/** Where each tensor of each run begins, in the order in which they lie. */
export function* placesOf(runs: readonly RunTensors[]): Generator<{ run: number; tensor: number; at: number }> {
  let at = 0;
  for (const [run, { lengths }] of runs.entries()) {
    for (const [tensor, length] of lengths.entries()) {
      yield { run, tensor, at };
      at += padded(length);
    }
  }
}
