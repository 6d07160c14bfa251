/**
 * What it costs to compute an hour's results again: the journal of 8 agents with one interval a second, read, merged,
 * judged and reported. Each round is a fresh process, as a user's is; its processor time stands beside, which other work
 * on the machine moves less. Wanted: judge and report together <= 2 s.
 *
 *   node bench/judge-hour.ts [agents, default 8] [seconds, default 3600] [requests/s, default 1000] [rounds, default 3]
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { judgeFolder } from '../src/coordinator/judge-folder.ts';
import { recordHour } from './support/hour-folder.ts';

const numberAt = (index: number, otherwise: number): number => Number(process.argv[index] ?? otherwise);
const hour = { agents: numberAt(2, 8), forS: numberAt(3, 3600), rate: numberAt(4, 1000) };
const ROUNDS = numberAt(5, 3);
const CHILD = 'LOADCELL_BENCH_FOLDER';
const COMMAND = fileURLToPath(new URL('../bin/loadcell.js', import.meta.url));

async function judged(folder: string): Promise<void> {
  const before = process.cpuUsage();
  const begin = process.hrtime.bigint();
  const { verdict } = await judgeFolder(folder);
  const ms = Number(process.hrtime.bigint() - begin) / 1e6;
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1000;
  process.stdout.write(
    `${JSON.stringify({ ms, cpuMs, kind: verdict.kind, rssMiB: process.resourceUsage().maxRSS / 1024 })}\n`,
  );
}

async function compared(): Promise<void> {
  const results = await mkdtemp(join(tmpdir(), 'loadcell-bench-'));
  try {
    const folder = await recordHour(results, hour);
    const { size } = await stat(join(folder, 'journal', '000001.log'));
    process.stdout.write(
      `${hour.agents} agents, ${hour.forS} s at ${hour.rate}/s, journal ${(size / 1e6).toFixed(1)} MB\n`,
    );
    for (let round = 1; round <= ROUNDS; round++) measured(folder, round);
  } finally {
    await rm(results, { recursive: true });
  }
}

function measured(folder: string, round: number): void {
  const inside = child([import.meta.filename], { [CHILD]: folder });
  const { ms, cpuMs, kind, rssMiB } = JSON.parse(inside.stdout) as Judged;
  const whole = child([COMMAND, 'judge', folder], {});
  process.stdout.write(
    `round ${round}: read, merge, judge, report ${inSeconds(ms)} (${inSeconds(cpuMs)} of processor time), ${rssMiB.toFixed(0)} MiB, ${kind}; ` +
      `loadcell judge as a command ${inSeconds(whole.ms)} (${inSeconds(whole.cpuMs)})\n`,
  );
}

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

interface Judged {
  readonly ms: number;
  readonly cpuMs: number;
  readonly kind: string;
  readonly rssMiB: number;
}

/** Processor time of all children that were waited for, milliseconds, to a hundredth of a second: fields 16 and 17. */
function childrenCpuMs(): number {
  const [, fields = ''] = readFileSync('/proc/self/stat', 'utf8').split(') ');
  const [user, system] = fields.split(' ').slice(13, 15).map(Number);
  return ((user ?? 0) + (system ?? 0)) * 10;
}

function child(
  args: readonly string[],
  more: Readonly<Record<string, string>>,
): { stdout: string; ms: number; cpuMs: number } {
  const before = childrenCpuMs();
  const begin = process.hrtime.bigint();
  const { stdout, stderr, error } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, ...more },
  });
  if (error !== undefined || stdout === '') throw new Error(`bench: the child failed: ${stderr}`);
  return { stdout, ms: Number(process.hrtime.bigint() - begin) / 1e6, cpuMs: childrenCpuMs() - before };
}

const folder = process.env[CHILD];
await (folder === undefined ? compared() : judged(folder));
