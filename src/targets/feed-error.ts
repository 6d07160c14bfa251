import { ModelError } from '../models/model-error.ts';

/**
 * What a model is fed, or is expected to answer, does not fit it: a fault of set-up. The message is one sentence that
 * begins with the campaign's key, as it stands below the target's kind.
 */
export class FeedError extends ModelError {
  readonly key: readonly string[];
  /** The message without the key: `found …, expected …`. */
  readonly sentence: string;

  constructor(key: readonly string[], sentence: string, options?: ErrorOptions) {
    super('shape', `${key.join('.')}: ${sentence}`, options);
    this.key = key;
    this.sentence = sentence;
  }
}
