import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Benchmarks } from '../../src/verdict/result.ts';

const bin = fileURLToPath(new URL('../../bin/loadcell.js', import.meta.url));

/** One calibration serves all tests of a machine, as it serves all runs of a user's day. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `loadcell`: the real program, in a folder of its own. */
export interface Running {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly folder: string;
  readonly ended: Promise<Ended>;
  /** Resolves when stderr has shown the text; rejects when the program ends without it. */
  saw(text: string | RegExp): Promise<void>;
}

export const freshFolder = (): string => mkdtempSync(join(tmpdir(), 'loadcell-test-'));

/** How a shell would start `loadcell <args>`. */
export const commandLine = (args: readonly string[]): readonly string[] => [process.execPath, bin, ...args];

/** Starts `loadcell <args>` with `folder` as its working folder. `within`: the command that it is given to, if any. */
export const loadcell = (
  args: readonly string[],
  folder = freshFolder(),
  env: Record<string, string> = {},
  within: readonly string[] = [],
): Running => program([...within, ...commandLine(args)], folder, env);

/** Likewise, by any command line. */
export function program(
  [command = '', ...args]: readonly string[],
  folder = freshFolder(),
  env: Record<string, string> = {},
): Running {
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
    for (const watch of watchers) watch();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const saw = (text: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const watch = (): void => {
        if (typeof text === 'string' ? stderr.includes(text) : text.test(stderr)) {
          watchers.delete(watch);
          resolve();
        }
      };
      watchers.add(watch);
      watch();
      void ended.then(() => reject(new Error(`ended without showing ${String(text)}:\n${stderr}`)));
    });
  return { process: child, pid: child.pid ?? -1, folder, ended, saw };
}

/** Writes a campaign into a fresh folder and runs it to its end. */
export async function runCampaign(yaml: string, args: readonly string[] = []): Promise<Ended & { folder: string }> {
  const running = startCampaign(yaml, args);
  return { ...(await running.ended), folder: running.folder };
}

export function startCampaign(yaml: string, args: readonly string[] = [], env: Record<string, string> = {}): Running {
  const folder = freshFolder();
  writeFileSync(join(folder, 'campaign.yaml'), yaml);
  return loadcell(['run', 'campaign.yaml', ...args], folder, env);
}

/** The one results folder below `folder`. */
export function resultsOf(folder: string): string {
  const runs = readdirSync(join(folder, 'results'));
  const [only] = runs;
  if (only === undefined || runs.length !== 1) throw new Error(`expected one run, found ${runs.join(', ') || 'none'}`);
  return join(folder, 'results', only);
}

export const benchmarksOf = (folder: string): Benchmarks =>
  JSON.parse(readFileSync(join(resultsOf(folder), 'benchmarks.json'), 'utf8')) as Benchmarks;
