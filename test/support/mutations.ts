import fc from 'fast-check';

type Edit = readonly [at: number, value: number, kind: 'set' | 'cut' | 'insert' | 'double'];

/** The bytes of a message with some set to others, cut off, put in or doubled. */
export const mutations = (original: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .array(
      fc.tuple(
        fc.nat(Math.max(0, original.byteLength - 1)),
        fc.nat(255),
        fc.constantFrom<Edit[2]>('set', 'set', 'cut', 'insert', 'double'),
      ),
      { minLength: 1, maxLength: 6 },
    )
    .map((edits) => edits.reduce<Uint8Array>(edited, original));

function edited(bytes: Uint8Array, [at, value, kind]: Edit): Uint8Array {
  const place = Math.min(at, Math.max(0, bytes.byteLength - 1));
  const before = bytes.subarray(0, place);
  switch (kind) {
    case 'set':
      return bytes.byteLength === 0 ? bytes : bytes.with(place, value);
    case 'cut':
      return before;
    case 'insert':
      return Uint8Array.from([...before, value, ...bytes.subarray(place)]);
    case 'double':
      return Uint8Array.from([...before, ...bytes.subarray(Math.floor(place / 2))]);
  }
}
