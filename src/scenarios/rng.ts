/** Uniform draws in [0, 1) with 53 random bits. Watched by `bench/schedule.ts`. */
export interface Rng {
  next(): number;
}

/**
 * The random stream `name` under `seed` (an unsigned 64-bit integer, decimal). Same seed and name, same draws, on every
 * machine; streams of different names or seeds are independent.
 *
 * xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018), its 128 bits of state
 * filled by SplitMix64 (Steele, Lea and Flood, 2014) from the seed and the 64-bit FNV-1a hash of the name.
 *
 * @throws RangeError when `seed` is not such a number.
 */
export function stream(seed: string, name: string): Rng {
  let state = splitMix(parseSeed(seed)) ^ hashOf(name);
  const words = new BigUint64Array(2);
  for (let i = 0; i < words.length; i++) {
    state = wrap(state + GOLDEN_GAMMA);
    words[i] = splitMix(state);
  }
  return new Xoshiro128(words);
}

const SCALE_27_BITS = 2 ** 26;
const PER_53_BITS = 2 ** -53;

class Xoshiro128 implements Rng {
  /** Four 32-bit words, never all zero. */
  readonly #state: Int32Array;

  constructor(words: BigUint64Array) {
    this.#state = new Int32Array(4);
    for (let i = 0; i < 4; i++) {
      this.#state[i] = Number(BigInt.asIntN(32, (words[i >> 1] as bigint) >> BigInt(32 * (i & 1))));
    }
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1;
  }

  next(): number {
    return ((this.#next32() >>> 5) * SCALE_27_BITS + (this.#next32() >>> 6)) * PER_53_BITS;
  }

  #next32(): number {
    const state = this.#state;
    const s1 = state[1] as number;
    const scrambled = Math.imul(s1, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
    const s2 = (state[2] as number) ^ (state[0] as number);
    const s3 = (state[3] as number) ^ s1;
    state[1] = s1 ^ s2;
    state[0] = (state[0] as number) ^ s3;
    state[2] = s2 ^ (s1 << 9);
    state[3] = (s3 << 11) | (s3 >>> 21);
    return result;
  }
}

const U64 = 2n ** 64n;
const GOLDEN_GAMMA = 0x9e3779b97f4a7c15n;

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);

/** SplitMix64's output function: a bijection of 64 bits in which every input bit moves half of the output's. */
function splitMix(value: bigint): bigint {
  const a = wrap((value ^ (value >> 30n)) * 0xbf58476d1ce4e5b9n);
  const b = wrap((a ^ (a >> 27n)) * 0x94d049bb133111ebn);
  return b ^ (b >> 31n);
}

/** 64-bit FNV-1a over the name's UTF-16 code units. */
function hashOf(name: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < name.length; i++) hash = wrap((hash ^ BigInt(name.charCodeAt(i))) * 0x100000001b3n);
  return hash;
}

function parseSeed(seed: string): bigint {
  if (/^\d{1,20}$/.test(seed)) {
    const value = BigInt(seed);
    if (value < U64) return value;
  }
  throw new RangeError(`seed: found "${seed}", expected a whole number from 0 to ${U64 - 1n}, for example "7"`);
}
