/** GitHub-flavoured Markdown from text that must not become markup. */
import { visible } from './visible.ts';

/** First row the heading, first column to the left, the others to the right. */
export function gridTable([heading = [], ...rows]: readonly (readonly string[])[]): string {
  return [...gridHeading(heading), ...rows.map(gridRow)].join('\n');
}

/** A table's first two lines. */
export const gridHeading = (heading: readonly string[]): readonly [string, string] => [
  gridRow(heading),
  `|${heading.map((_, column) => (column === 0 ? ' --- |' : ' ---: |')).join('')}`,
];

export const gridRow = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => escaped(cell.trimStart())).join(' | ')} |`;

export const bullets = (lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [lines.map((line) => `- ${escaped(line)}`).join('\n')];

/** A part that is folded away under its title, or open. Blank lines let the inside be Markdown again. */
export const folded = (title: string, blocks: readonly string[], state: 'open' | 'closed' = 'closed'): string =>
  [`<details${state === 'open' ? ' open' : ''}><summary>${inHtml(title)}</summary>`, ...blocks, '</details>'].join(
    '\n\n',
  );

/** Text from targets and campaigns must not become markup or break a table. */
export const escaped = (text: string): string =>
  visible(text)
    .replaceAll(/[\\|<>*_`[\]]/g, '\\$&')
    .replaceAll(/\s+/g, ' ');

const inHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll(/\s+/g, ' ');

/** As many lines as `room` characters hold, and one that tells of the others where some are left. */
export function fitting(lines: readonly string[], room: number, others: (count: number) => string): string[] {
  const taken: string[] = [];
  let left = room;
  for (const [index, line] of lines.entries()) {
    left -= line.length + 1;
    if (left < 0) return [...taken, others(lines.length - index)];
    taken.push(line);
  }
  return taken;
}
