/**
 * Places of a fleet as text: `0-3,7`. Runs of them are written as their ends, so that those of thousands of agents fit where
 * an argument or an annotation must.
 */
export function formatPlaceList(places: readonly number[]): string {
  const runs: { readonly from: number; to: number }[] = [];
  for (const place of places) {
    const last = runs.at(-1);
    if (last !== undefined && place === last.to + 1) last.to = place;
    else runs.push({ from: place, to: place });
  }
  return runs.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

/** The most places of one list, so that a mistyped run takes no memory. */
const MOST = 100_000;

/** In the order in which they stand. Null: the text is no such list. */
export function parsePlaceList(text: string): readonly number[] | null {
  const places: number[] = [];
  for (const part of text.split(',')) {
    const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === undefined || to < from || places.length + (to - from) >= MOST) return null;
    for (let place = from; place <= to; place++) places.push(place);
  }
  return places;
}
