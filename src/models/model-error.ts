/**
 * Why a model cannot be used.
 * - `unknown-model`: no reference model of that name.
 * - `missing`, `unreadable`, `truncated`, `not-onnx`: the file.
 * - `changed`: the file is another one than was planned.
 * - `too-large`: more than the format or the memory set aside can hold.
 * - `shape`: an input's size or type that was left open or cannot be served.
 * - `provider`: the execution provider that must be used cannot be.
 * - `refused`: onnxruntime does not load the model, or fails its first request.
 */
export type ModelErrorCode =
  | 'unknown-model'
  | 'missing'
  | 'unreadable'
  | 'truncated'
  | 'not-onnx'
  | 'changed'
  | 'too-large'
  | 'shape'
  | 'provider'
  | 'refused';

/**
 * A model that cannot be built, read or loaded: a fault of set-up, never of a request. The message is one sentence for
 * people and names the model, the file or the key.
 */
export class ModelError extends Error {
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ModelError';
    this.code = code;
  }
}
