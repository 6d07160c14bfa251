import { expect, test, vi } from 'vitest';
import { follow, LOST_MS } from '../../../../src/cli/inside/follow.ts';
import { type Word, wordLine } from '../../../../src/cli/inside/words.ts';
import { packageVersion } from '../../../../src/cli/version.ts';
import { type InsidePlace, PlaceTrouble } from '../../../../src/engines/inside-place.ts';

const said: readonly Word[] = [
  { kind: 'begun', loadcell: '9.9.9', host: 'n1', folder: '/shared/results/r' },
  { kind: 'progress', event: { kind: 'judging' } },
  { kind: 'finished', exitCode: 10 },
];
const handle = { runId: 'r', id: '7', room: '/shared/r' };
const open = new AbortController().signal;

/** A place whose line is lost after so many words, each time it is asked. */
const placeOf = (words: readonly Word[], breaks: number[]): Pick<InsidePlace, 'words'> => ({
  async *words(_handle, from) {
    let left = breaks.shift() ?? Number.POSITIVE_INFINITY;
    for (const word of words.slice(from)) {
      if (left-- === 0) throw new PlaceTrouble('lost', 'the line is down');
      yield wordLine(word).trimEnd();
    }
  },
});

async function followed(words: readonly Word[], breaks: number[], signal = open) {
  const [heard, lost]: [Word[], string[]] = [[], []];
  const place = placeOf(words, breaks) as InsidePlace;
  const onLost = (sentence: string): number => lost.push(sentence);
  const last = await follow({ place, handle, heard: (word) => heard.push(word), onLost, signal, againMs: 1 });
  return { last, heard, lost };
}

test('each word is heard once, however often the line breaks, and the last one ends it', async () => {
  const { last, heard, lost } = await followed(said, [1, 1]);
  expect(last).toEqual({ kind: 'finished', exitCode: 10 });
  expect(heard).toEqual(said);
  expect(lost).toEqual(Array(2).fill('the line is down; looking for it again, the run needs no connection meanwhile'));
});

const SUNG = '{"kind":"progress","event":{"kind":"sung"}}';

test.each(['{"kind":"progr', 'null', '7', '', SUNG])(
  'a line that is no word of this version, %j, is passed over',
  async (torn) => {
    const lines = [torn, ...said.map((word) => wordLine(word).trimEnd())];
    const place = {
      async *words(_handle: unknown, from: number) {
        yield* lines.slice(from);
      },
    } as unknown as InsidePlace;
    const heard: Word[] = [];
    const following = { place, handle, heard: (word: Word) => heard.push(word), onLost: () => {}, signal: open };
    expect(await follow(following)).toEqual({ kind: 'finished', exitCode: 10 });
    expect(heard).toEqual(said);
  },
);

test.each([
  ['loadcell 9.9.9', said.slice(0, 1)],
  ['another version of loadcell', []],
])('a word that is not known is refused with both versions: %s', async (its, before) => {
  const sung = { kind: 'sung' } as unknown as Word;
  await expect(followed([...before, sung], [])).rejects.toMatchObject({
    kind: 'refused',
    message: `its coordinator is ${its} and says 'sung', which loadcell ${packageVersion()} does not know: expected one version on both sides`,
  });
});

test('a coordinator that ends without a last word has said none', async () => {
  expect((await followed(said.slice(0, 2), [])).last).toBeNull();
});

test('a place that stays out of reach is given up; one that says no is at once', async () => {
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    now += LOST_MS;
    return now;
  });
  await expect(followed(said, [0, 0, 0, 0])).rejects.toThrow('the line is down');
  clock.mockRestore();
  const refusing = {
    // biome-ignore lint/correctness/useYield: it never comes to that.
    async *words() {
      throw new PlaceTrouble('gone', 'the room is not there any more');
    },
  } as unknown as InsidePlace;
  const following = { place: refusing, handle, heard: () => {}, onLost: () => {}, signal: open };
  await expect(follow(following)).rejects.toThrow('the room is not there any more');
});
