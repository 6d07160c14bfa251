import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ambientEnvironment } from '../agent/k6/ambient.ts';
import { hooksOf } from '../agent/k6/entry-script.ts';
import { lastErrorOf } from '../agent/k6/process.ts';
import { findK6 } from '../agent/k6/program.ts';
import type { Campaign } from '../campaign/campaign.ts';
import {
  type NeededScript,
  type OwnScenarios,
  type StagedScript,
  type StagedScripts,
  scriptsOf,
} from '../campaign/k6-plan.ts';
import type { Reach } from '../campaign/paths.ts';
import { type Reading, read, refuse } from '../campaign/quantity.ts';
import { sha256OfFile } from '../models/digest.ts';
import { companionsOf } from './companions.ts';
import { ownScenarios } from './k6-inspection.ts';

const SHIPPED = fileURLToPath(new URL('../../k6/', import.meta.url));
/** What a script's init code may take. */
const INSPECT_WITHIN_MS = 20_000;
/** What stands in for a secret while a script is only looked at: secrets are the agents'. */
const PLACEHOLDER = 'not-resolved-here';

const run = promisify(execFile);

/** Looks at every k6 script of a campaign as k6 does: what it cannot read is refused before anything runs. */
export async function stagedScripts(
  campaign: Campaign,
  reach: Reach,
  folder: string,
  use: 'run' | 'plan',
): Promise<StagedScripts> {
  const needed = scriptsOf(campaign, reach);
  if (needed.length === 0) return new Map();
  const k6 = await findK6(process.env);
  return new Map(
    await Promise.all(needed.map(async (one) => [one.key, await stagedScript(one, folder, k6, use)] as const)),
  );
}

async function stagedScript(
  needed: NeededScript,
  folder: string,
  k6: Awaited<ReturnType<typeof findK6>>,
  use: 'run' | 'plan',
): Promise<Reading<StagedScript>> {
  const path = await located(needed.name, folder);
  if (path === null)
    return refuse(`found ${needed.name}, and there is no such file; expected a k6 script, for example k6/load.ts`);
  const source = await fs.readFile(path, 'utf8');
  const foreign = /["'](k6\/x\/[^"']+)["']/u.exec(source)?.[1];
  if (foreign !== undefined)
    return refuse(
      `found an import of ${foreign} in ${needed.name}, for which k6 would fetch another program; expected k6's own modules`,
    );
  const beside = await companionsOf(path);
  const file = {
    path,
    sha256: await sha256OfFile(path),
    bytes: Buffer.byteLength(source),
    tearsDown: hooksOf(source).teardown,
    ...(beside.length === 0 ? {} : { beside }),
  };
  if (typeof k6 === 'string') {
    if (use === 'plan' && needed.options === 'scenario') return read({ ...file, own: null });
    return refuse(`${k6}`);
  }
  const found = await inspected(needed, path, k6.path);
  return found.ok ? read({ ...file, own: found.value }) : found;
}

/** Beside the campaign, else a shipped one by `k6/<name>`. */
async function located(name: string, folder: string): Promise<string | null> {
  const beside = resolve(folder, name);
  if (await isFile(beside)) return beside;
  const shipped = /^k6\/[\w-]+\.ts$/u.test(name) ? resolve(SHIPPED, name.slice('k6/'.length)) : null;
  return shipped !== null && (await isFile(shipped)) ? shipped : null;
}

const isFile = (path: string): Promise<boolean> =>
  fs.stat(path).then(
    (stat) => stat.isFile(),
    () => false,
  );

async function inspected({ name, env }: NeededScript, path: string, k6: string): Promise<Reading<OwnScenarios>> {
  const plain = Object.entries(env).map(([key, value]) => [key, typeof value === 'string' ? value : PLACEHOLDER]);
  try {
    const { stdout } = await run(k6, ['inspect', '--execution-requirements', '--include-system-env-vars', path], {
      cwd: dirname(path),
      env: { ...ambientEnvironment(process.env), ...Object.fromEntries(plain) },
      timeout: INSPECT_WITHIN_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 16 * 1024 * 1024,
    });
    return ownScenarios(stdout, name);
  } catch (error) {
    const { killed, stderr } = error as { readonly killed?: boolean; readonly stderr?: string };
    if (killed === true)
      return refuse(
        `found ${name}, whose init code was not over within ${INSPECT_WITHIN_MS / 1000} s; expected it to end`,
      );
    const said = lastErrorOf(stderr ?? '');
    return refuse(`found ${name}, which k6 cannot load: ${said === '' ? String(error) : said}`);
  }
}
