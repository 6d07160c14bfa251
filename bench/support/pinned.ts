// Programs side by side, each pinned to a core of its own, and what a core of theirs is worth.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Core of whatever sends requests, and of whatever answers them. */
export const GENERATOR_CORE = '0';
export const SERVER_CORE = '1';

/** What one round of a generator came to. */
export interface Round {
  readonly perSecond: number;
  /** Requests per second of CPU time of the generator: what a core is worth, however much of it others took. */
  readonly perCpuSecond: number;
}

export const pinned = (
  core: string,
  command: string,
  args: readonly string[],
  ipc: 'ipc' | 'ignore' = 'ignore',
): ChildProcess =>
  spawn('taskset', ['-c', core, command, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', ipc],
    serialization: 'advanced',
  });

const TICKS_PER_SECOND = 100;

/** CPU seconds of a process and its threads so far. */
export function cpuSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /u, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Seconds after which a generator is warm, and how long before its end it is looked at last. */
const WARM_S = 1;
const LAST_S = 0.5;

/** CPU share of a process over the middle of its `forS` seconds. */
export async function cpuShare(child: ChildProcess, forS: number): Promise<number> {
  await sleep(1000 * WARM_S);
  const [before, from] = [cpuSeconds(child.pid), performance.now()];
  await sleep(1000 * (forS - WARM_S - LAST_S));
  return (1000 * (cpuSeconds(child.pid) - before)) / (performance.now() - from);
}

/** Everything that a program printed. */
export async function printed(child: ChildProcess): Promise<string> {
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  return Buffer.concat(chunks).toString();
}

/** A program of another maker for `forS` seconds; `rateIn` finds its rate in what it printed. */
export async function round(
  command: string,
  args: readonly string[],
  forS: number,
  rateIn: (text: string) => number,
): Promise<Round> {
  const child = pinned(GENERATOR_CORE, command, args);
  const [share, text] = await Promise.all([cpuShare(child, forS), printed(child)]);
  const perSecond = rateIn(text);
  return { perSecond, perCpuSecond: perSecond / share };
}

/** Where a program lies on PATH; null: it does not. */
export function onPath(name: string): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** A server on a core of its own, which prints its port. */
export async function server(
  file: string,
  args: readonly string[],
): Promise<{ readonly port: number; readonly stop: () => void }> {
  const child = pinned(SERVER_CORE, process.execPath, [file, ...args]);
  const [first] = (await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')) as [Buffer];
  return { port: Number(first.toString()), stop: () => void child.kill() };
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Rounds of every generator, one of each in turn. */
export async function inTurn<R extends Round>(
  generators: ReadonlyMap<string, () => Promise<R>>,
  rounds: number,
): Promise<ReadonlyMap<string, readonly R[]>> {
  const results = new Map<string, R[]>([...generators.keys()].map((name) => [name, []]));
  for (let i = 0; i < rounds; i++) for (const [name, run] of generators) results.get(name)?.push(await run());
  return results;
}

/** One line for each generator: medians, and the ratio to the first, of the medians of what a core is worth. */
export function table(rounds: ReadonlyMap<string, readonly Round[]>): string {
  const [ours = []] = rounds.values();
  const worth = (of: readonly Round[]): number => median(of.map(({ perCpuSecond }) => perCpuSecond));
  const lines = [...rounds].map(([name, of]) => {
    const rate = median(of.map(({ perSecond }) => perSecond))
      .toFixed(0)
      .padStart(8);
    const ratios = of.map((each, i) => (ours[i]?.perCpuSecond ?? Number.NaN) / each.perCpuSecond);
    return `${name.padEnd(26)}${rate}/s  ${worth(of).toFixed(0).padStart(8)} per CPU second   ours / this ${median(ratios).toFixed(2)}`;
  });
  return lines.join('\n');
}
