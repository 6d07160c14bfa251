import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Driver } from '../../wire/calibration.ts';

/** A k6 that is good enough. */
export interface K6Program {
  readonly path: string;
  readonly version: string;
  /** `loadcell`: it has the output that folds samples inside k6. `stock`: its samples come as CSV, which costs more. */
  readonly output: 'loadcell' | 'stock';
}

const LEAST = [2, 2] as const;

/** How to get it. */
export const HOW_TO_GET_K6 = 'run `npm run setup:k6` in the project, or name a k6 2.2 or newer in LOADCELL_K6';

/** Where the project's own one lies: beside `src` or `dist`. */
const OWN = fileURLToPath(new URL('../../../.tools/k6/k6', import.meta.url));

const run = promisify(execFile);

/** The k6 that LOADCELL_K6 names, else the project's own, else the one on PATH; or the sentence that says why there is none. */
export async function findK6(env: NodeJS.ProcessEnv): Promise<K6Program | string> {
  const named = env.LOADCELL_K6;
  if (named !== undefined && named !== '') return await examined(named, 'LOADCELL_K6');
  const onPath = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'k6'));
  for (const path of [OWN, ...onPath]) if (await isProgram(path)) return await examined(path, path);
  return `found no k6; ${HOW_TO_GET_K6}`;
}

/** What tells one driver's program from another where it is not the harness itself, as calibrations are kept by it. */
export async function programOf(driver: Driver, env: NodeJS.ProcessEnv): Promise<string> {
  if (driver !== 'k6') return '';
  const found = await findK6(env);
  return typeof found === 'string' ? 'none' : `${found.version} ${found.output}`;
}

const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

async function examined(path: string, name: string): Promise<K6Program | string> {
  let printed: string;
  try {
    printed = (await run(path, ['version'], { timeout: 20_000 })).stdout;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return `${name}: found ${path}, which does not start (${code ?? message.split('\n')[0]}); ${HOW_TO_GET_K6}`;
  }
  const [, version = '', major = '', minor = ''] = /\bv((\d+)\.(\d+)\S*)/u.exec(printed) ?? [];
  const [wantedMajor, wantedMinor] = LEAST;
  const isNew = Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor);
  if (version === '' || !isNew) {
    return `${name}: found k6 ${version === '' ? 'of an unknown version' : version}, expected 2.2 or newer; ${HOW_TO_GET_K6}`;
  }
  return { path, version, output: /^\s+.*loadcell/mu.test(printed) ? 'loadcell' : 'stock' };
}
