/** Why a model cannot be used; the message is one sentence for people and names the file or the model. */
export type ModelErrorCode = 'unknown-model' | 'missing' | 'unreadable' | 'truncated' | 'not-onnx' | 'too-large';

/** A model that cannot be built, read or loaded: a fault of set-up, never of a request. */
export class ModelError extends Error {
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ModelError';
    this.code = code;
  }
}
