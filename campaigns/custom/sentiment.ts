// Any code as a target: a tokeniser and a small model, measured together. See docs/custom-target.md.
import type { MakeTarget } from 'loadcell/target';

interface Options {
  /** Size of the vocabulary: words are hashed into it. */
  readonly vocabulary: number;
  /** Width of a word's vector. */
  readonly width: number;
}

interface Text {
  readonly words: string;
  readonly sentiment: 'good' | 'bad';
}

const GOOD = ['excellent', 'lovely', 'superb', 'delightful'];
const BAD = ['awful', 'dreadful', 'dull', 'broken'];
const FILLERS = 'the film that we saw last night with friends was in every respect a'.split(' ');

/** A thousand reviews of 60 words, the same ones in every run; the fifth of them is what decides. */
function reviews(): Text[] {
  return Array.from({ length: 1000 }, (_, i) => {
    const sentiment = i % 2 === 0 ? 'good' : 'bad';
    const verdict = (sentiment === 'good' ? GOOD : BAD)[i % 4] ?? '';
    const words = Array.from({ length: 60 }, (_, at) => (at === 4 ? verdict : FILLERS[(i + at * at) % FILLERS.length]));
    return { words: words.join(' '), sentiment };
  });
}

/** FNV-1a of a word, in 32 bits. */
function hash(word: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) state = Math.imul(state ^ word.charCodeAt(i), 0x01000193);
  return state >>> 0;
}

/** A bag of word vectors: those of the words that decide point up or down, all others nowhere. */
class Model {
  readonly #vocabulary: number;
  readonly #width: number;
  readonly #vectors: Float32Array;

  constructor({ vocabulary, width }: Options) {
    this.#vocabulary = vocabulary;
    this.#width = width;
    this.#vectors = new Float32Array(vocabulary * width);
    for (const word of GOOD) this.#vectors.fill(1, ...this.#rowOf(word));
    for (const word of BAD) this.#vectors.fill(-1, ...this.#rowOf(word));
  }

  sentimentOf(text: string): Text['sentiment'] {
    let score = 0;
    for (const word of text.toLowerCase().split(/\s+/)) {
      const [from, to] = this.#rowOf(word);
      for (let i = from; i < to; i++) score += this.#vectors[i] ?? 0;
    }
    return score >= 0 ? 'good' : 'bad';
  }

  #rowOf(word: string): [from: number, to: number] {
    const row = hash(word) % this.#vocabulary;
    return [row * this.#width, (row + 1) * this.#width];
  }
}

const makeTarget: MakeTarget<Options> = (options, { Outcome }) => {
  const texts = reviews();
  const model = new Model(options);
  return {
    infer(sample) {
      const text = texts[sample % texts.length];
      if (text === undefined) return Outcome.targetError;
      return model.sentimentOf(text.words) === text.sentiment ? Outcome.ok : Outcome.wrongOutput;
    },
  };
};

export default makeTarget;
