import { oddRow } from './apps-csv.ts';
import type { Finding } from './recording.ts';
import { linesOf, wordsOf } from './text-lines.ts';
import { toolError } from './tool-error.ts';

/** A row of `nvidia-smi dmon` or `pmon`: its words by column, and the unit that the second header line gives a column. */
export interface TableRow {
  readonly cells: ReadonlyMap<string, string>;
  readonly units: ReadonlyMap<string, string>;
}

interface Header {
  readonly names: readonly string[];
  readonly units: readonly string[];
}

/**
 * Reads tables under two header lines, `# gpu  pwr  gtemp` and `# Idx  W  C`, which repeat every screen. A row must hold
 * a word for every column; the last column, a command, takes what is left. Other rows become findings.
 */
export function columnTable(text: string): {
  readonly rows: readonly TableRow[];
  readonly findings: readonly Finding[];
} {
  const rows: TableRow[] = [];
  const findings: Finding[] = [];
  let header: Header | null = null;
  for (const [at, line] of linesOf(text).entries()) {
    if (line.trim() === '') continue;
    const error = toolError(line);
    const words = wordsOf(line);
    if (error !== null) findings.push(error);
    else if (line.trimStart().startsWith('#')) header = nextHeader(header, wordsOf(line.replace('#', ' ')));
    else {
      const row = header === null ? null : tableRow(header, words);
      if (row === null) findings.push(oddRow(at + 1, line));
      else rows.push(row);
    }
  }
  return { rows, findings };
}

/** The line of units follows the line of names, with as many words. */
function nextHeader(header: Header | null, words: readonly string[]): Header {
  const units = header !== null && header.units.length === 0 && header.names.length === words.length;
  return units ? { names: header.names, units: words } : { names: words, units: [] };
}

function tableRow({ names, units }: Header, words: readonly string[]): TableRow | null {
  const open = names.at(-1) === 'command';
  if (units.length === 0 || words.length < names.length || (words.length > names.length && !open)) return null;
  const last = names.length - 1;
  const cells = open ? [...words.slice(0, last), words.slice(last).join(' ')] : words;
  return {
    cells: new Map(names.map((name, at) => [name, cells[at] ?? ''])),
    units: new Map(names.map((name, at) => [name, units[at] ?? ''])),
  };
}
