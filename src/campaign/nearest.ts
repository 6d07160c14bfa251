/**
 * The known name nearest to a mistyped one, or null when none is near: at most a third of its letters wrong, at least
 * one allowed; of equally near ones that which begins like it. Distance by Damerau and Levenshtein with adjacent
 * transpositions (optimal string alignment), case ignored.
 */
export function nearest(name: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const allowed = Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3));
    if (Math.abs(candidate.length - name.length) > allowed) continue;
    const distance = alignment(name.toLowerCase(), candidate.toLowerCase());
    const isNearer =
      distance < bestDistance || (distance === bestDistance && alike(name, candidate) > alike(name, best ?? ''));
    if (distance <= allowed && isNearer) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Letters that two words begin with, case ignored. */
function alike(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length]?.toLowerCase() === b[length]?.toLowerCase()) length++;
  return length;
}

/** Insertions, deletions, substitutions and adjacent transpositions between two words. */
export function alignment(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) row.push(cheapest(rows, row, a, b, i, j));
    rows.push(row);
  }
  return rows[a.length]?.[b.length] as number;
}

function cheapest(
  rows: readonly number[][],
  row: readonly number[],
  a: string,
  b: string,
  i: number,
  j: number,
): number {
  const above = rows[i - 1] as readonly number[];
  const substitution = (above[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
  let cost = Math.min((above[j] as number) + 1, (row[j - 1] as number) + 1, substitution);
  if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
    cost = Math.min(cost, (rows[i - 2]?.[j - 2] as number) + 1);
  }
  return cost;
}
