import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { FileOfPlan } from '../campaign/plan.ts';
import { sha256OfFile } from '../models/digest.ts';

const CODE = /\.[cm]?[jt]s$/u;
/** A text in quotes that may be a file's name: no blanks, no pattern, no address. */
const LITERAL = /(["'`])((?:\.{0,2}\/)?[\w@.-][\w@./-]{0,250})\1/gu;

/**
 * The files beside a script that it names: what it imports, opens or loads, and what that names in turn. Every text in
 * quotes that is the name of a file, from the folder of the file that says it or of the script, counts; a name that is only
 * put together while the script runs is not seen.
 */
export async function companionsOf(script: string): Promise<readonly FileOfPlan[]> {
  const found = new Map<string, FileOfPlan>();
  const open = [script];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const named of await filesNamedIn(path, dirname(script))) {
      if (named === script || found.has(named)) continue;
      found.set(named, { path: named, sha256: await sha256OfFile(named), bytes: (await stat(named)).size });
      if (CODE.test(named)) open.push(named);
    }
  }
  return [...found.values()];
}

async function filesNamedIn(path: string, root: string): Promise<readonly string[]> {
  const source = await readFile(path, 'utf8');
  const names = [...source.matchAll(LITERAL)].map(([, , name = '']) => name).filter((name) => /[./]/u.test(name));
  const candidates = [...new Set(names)].flatMap((name) => [resolve(dirname(path), name), resolve(root, name)]);
  const files = await Promise.all([...new Set(candidates)].map(async (one) => ((await isFile(one)) ? [one] : [])));
  return files.flat();
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (state) => state.isFile(),
    () => false,
  );
