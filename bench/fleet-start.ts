/**
 * What it takes until a fleet on this machine is ready, and how far apart its agents begin: from the submission to the last
 * registration, and to the last agent that is ready for the first trial; and what an agent and its runner cost until they have
 * offered load for a second, which a busy machine does not change much. The first run of a node calibrates; it is told apart.
 * Wanted, of 8 agents: ready within 3 s, begun within 20 ms.
 *
 *   node bench/fleet-start.ts [agents] [rounds]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJournal } from '../src/coordinator/results-journal.ts';
import { benchmarksOf, resultsOf, startCampaign } from '../test/support/loadcell.ts';
import { descendants } from '../test/support/process-tree.ts';

const AGENTS = Number(process.argv[2] ?? 8);
const ROUNDS = Number(process.argv[3] ?? 5);
/** Of `/proc/<pid>/stat`. */
const TICKS_PER_SECOND = 100;

const CAMPAIGN = `
name: fleet-start
targets: { nothing: { null: {} } }
scenarios: { load: { load: { rate: ${AGENTS * 100}/s, for: 3s } } }
objectives: [errors < 5%]
fleet: { agents: ${AGENTS}, workers: 1, pacing: lowCpu }
warmup: 0s
`;

interface Start {
  /** Seconds from the submission. */
  readonly registeredS: number;
  readonly readyS: number;
  readonly spreadMs: number | null;
  /** Seconds of CPU time of an agent, and of its runner. */
  readonly agentCpuS: number;
  readonly runnerCpuS: number;
}

const cache = mkdtempSync(join(tmpdir(), 'loadcell-bench-cache-'));
try {
  const first = await start();
  console.log(`agents                    ${AGENTS}, on this machine, null target`);
  console.log(
    `first run of the node     registered ${first.registeredS.toFixed(2)} s, calibrated and ready ${first.readyS.toFixed(2)} s`,
  );
  const starts: Start[] = [];
  for (let round = 0; round < ROUNDS; round++) starts.push(await start());
  console.log(`submit to registered      ${listed(starts, ({ registeredS }) => registeredS)} s`);
  console.log(`submit to all ready       ${listed(starts, ({ readyS }) => readyS)} s (wanted <= 3)`);
  console.log(`CPU time of an agent      ${listed(starts, ({ agentCpuS }) => agentCpuS)} s`);
  console.log(`and of its runner         ${listed(starts, ({ runnerCpuS }) => runnerCpuS)} s`);
  console.log(
    `begun apart, at most      ${listed(starts, ({ spreadMs }) => spreadMs ?? Number.NaN)} ms (wanted <= 20)`,
  );
} finally {
  rmSync(cache, { recursive: true });
}

async function start(): Promise<Start> {
  const running = startCampaign(CAMPAIGN, [], { XDG_CACHE_HOME: cache });
  await running.saw(/load: offered/);
  const agentCpuS = cpuSeconds(running.pid, /agent\/main\./) / AGENTS;
  const runnerCpuS = cpuSeconds(running.pid, /runner\/main\./) / AGENTS;
  const { code, stderr } = await running.ended;
  if (code !== 0 && code !== 13) throw new Error(`the run ended with ${code}:\n${stderr}`);
  let [registeredNs, readyNs] = [0, 0];
  for await (const entry of readJournal(resultsOf(running.folder))) {
    if (entry.kind !== 'event') continue;
    const { atNs, event } = entry.timed;
    if (event.kind === 'agent-registered') registeredNs = atNs;
    if (event.kind === 'agent-ready') readyNs = atNs;
  }
  const spreadMs = benchmarksOf(running.folder).cells[0]?.trials[0]?.start.spreadMs ?? null;
  rmSync(running.folder, { recursive: true });
  return { registeredS: registeredNs / 1e9, readyS: readyNs / 1e9, spreadMs, agentCpuS, runnerCpuS };
}

/** Of all descendants that run a program, user and system. */
function cpuSeconds(root: number, entry: RegExp): number {
  const of = descendants(root).filter(({ command }) => entry.test(command));
  const ticks = of.map(({ pid }) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, own) => sum + own, 0) / TICKS_PER_SECOND;
}

/** Median, and every one in ascending order. */
function listed(starts: readonly Start[], of: (start: Start) => number): string {
  const values = starts.map(of).sort((a, b) => a - b);
  const median = values[Math.floor(values.length / 2)] ?? Number.NaN;
  return `${median.toFixed(2)}  [${values.map((value) => value.toFixed(2)).join(', ')}]`;
}
