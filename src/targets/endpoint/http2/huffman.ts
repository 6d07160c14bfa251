/**
 * The Huffman code of header fields (RFC 7541, appendix B). It is canonical: symbols in the order of their codes' lengths,
 * and of their values within a length, have consecutive codes, so that the lengths say all.
 */

/** Bits of each symbol's code, in base 36: the 256 octets, then the end of a text. */
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu';
const END = 256;
const LONGEST = 30;
const BITS_OF_AN_OCTET = 8;

/** Per length: the first code of that many bits, where its symbol stands among all, and how many there are. */
const firstCode = new Int32Array(LONGEST + 1);
const firstAt = new Int32Array(LONGEST + 1);
const countOf = new Int32Array(LONGEST + 1);
const symbols: number[] = [];

let next = 0;
for (let length = 1; length <= LONGEST; length++) {
  next *= 2;
  firstCode[length] = next;
  firstAt[length] = symbols.length;
  for (let symbol = 0; symbol <= END; symbol++) {
    if (Number.parseInt(LENGTHS.charAt(symbol), 36) === length) symbols.push(symbol);
  }
  countOf[length] = symbols.length - (firstAt[length] as number);
  next += countOf[length] as number;
}

/** The text in bytes [from, to), Latin-1; null: they are no such text. */
export function huffmanText(bytes: Uint8Array, from: number, to: number): string | null {
  const text: number[] = [];
  let [code, length] = [0, 0];
  for (let bit = from * BITS_OF_AN_OCTET; bit < to * BITS_OF_AN_OCTET; bit++) {
    code = code * 2 + (((bytes[bit >> 3] as number) >> (7 - (bit & 7))) & 1);
    length++;
    if (length > LONGEST) return null;
    const nth = code - (firstCode[length] as number);
    if (nth >= (countOf[length] as number)) continue;
    const symbol = symbols[(firstAt[length] as number) + nth] as number;
    if (symbol === END) return null;
    text.push(symbol);
    [code, length] = [0, 0];
  }
  // What is left of the last octet is the beginning of the end's code, all ones.
  return length < BITS_OF_AN_OCTET && code === 2 ** length - 1 ? Buffer.from(text).toString('latin1') : null;
}
