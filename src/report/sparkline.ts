const BARS = '▁▂▃▄▅▆▇█';
const MOST = 60;

/** The last values as bars of eight heights, from the least to the largest; all equal: the lowest. */
export function sparkline(values: readonly number[]): string {
  const shown = values.slice(-MOST);
  const least = Math.min(...shown);
  const span = Math.max(...shown) - least;
  return shown
    .map(
      (value) => BARS[span === 0 ? 0 : Math.min(BARS.length - 1, Math.floor(((value - least) / span) * BARS.length))],
    )
    .join('');
}
