import { missing, type Reading } from '../reading.ts';
import { missingWord } from './missing-words.ts';

/** What nvidia-smi prints with -q, as XML or as text: names, under them a value or more names. */
export interface Tree {
  readonly name: string;
  readonly text: string;
  readonly children: readonly Tree[];
}

export const childrenNamed = (tree: Tree | undefined, name: string): readonly Tree[] =>
  tree?.children.filter((child) => child.name === name) ?? [];

/** The first part at a path such as `clocks/sm_clock`. */
export function partAt(tree: Tree, path: string): Tree | undefined {
  let part: Tree | undefined = tree;
  for (const name of path.split('/')) part = part?.children.find((child) => child.name === name);
  return part;
}

/** The text at the first of the paths that is there. */
export function textAt(tree: Tree, paths: readonly string[]): string | undefined {
  return paths.map((path) => partAt(tree, path)).find((part) => part !== undefined)?.text;
}

/**
 * What stands at the first of the paths that is there: its text, or the reason why a whole branch on the way to it is
 * left out (`<remapped_rows>N/A</remapped_rows>`). Undefined: this output does not tell it.
 */
export function leafAt(tree: Tree, paths: readonly string[]): string | Reading | undefined {
  const text = textAt(tree, paths);
  if (text !== undefined) return text;
  for (const path of paths) {
    const reason = branchReason(tree, path);
    if (reason !== null) return missing(reason);
  }
  return undefined;
}

function branchReason(tree: Tree, path: string): ReturnType<typeof missingWord> {
  const branch = partAt(tree, path.split('/', 1).join(''));
  return branch === undefined || branch.children.length > 0 ? null : missingWord(branch.text);
}
