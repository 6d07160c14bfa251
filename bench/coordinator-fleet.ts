/**
 * What a fleet costs its coordinator: agents over real gRPC from another process, each with one interval a second (two
 * slots, four histograms each, about 200 occupied buckets a histogram) and the heartbeats that its lease asks for; journaled
 * on disk, merged for the live view, acknowledged. Each has a connection of its own. Prints the coordinator process's share
 * of one core and its memory at the end of each quarter; wanted: at most 10 % with 200 agents, 25 % and flat memory with
 * 1,000. Beside them what docs/scale.md reckons with: bytes, descriptors, and how long the fleet takes to be armed.
 *
 *   node bench/coordinator-fleet.ts [agents] [seconds]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { COMMIT_MS } from '../src/coordinator/carry-out.ts';
import { Coordinator } from '../src/coordinator/coordinator.ts';
import { deadlinesFor } from '../src/coordinator/fleet-plan.ts';
import { createResultsFolder } from '../src/coordinator/results-folder.ts';
import { JournalWriter, readJournal } from '../src/coordinator/results-journal.ts';
import { Tally } from '../src/stats/tally.ts';
import { drawHex, nodeMonotonic, systemWallClock } from '../src/time/monotonic.ts';
import { tallyToSlot } from '../src/wire/interval-codec.ts';
import { openEntrance } from '../test/support/entrance.ts';
import { anInterval, FakeAgent } from '../test/support/fake-agent.ts';
import { HandEngine } from '../test/support/hand-engine.ts';
import { smallCell, smallPlan } from '../test/support/small-plan.ts';

const AGENTS = Number(process.argv[2] ?? 200);
const SECONDS = Number(process.argv[3] ?? 20);

async function coordinate(): Promise<void> {
  const results = await mkdtemp(join(tmpdir(), 'loadcell-bench-'));
  const folder = await createResultsFolder(results, 'bench');
  const journal = new JournalWriter(folder, { gatherMs: COMMIT_MS });
  const engine = new HandEngine();
  let shown = 0;
  const coordinator = new Coordinator({
    runId: 'bench',
    plan: smallPlan([smallCell({ agents: AGENTS }, AGENTS * 100, SECONDS)]),
    opening: { kind: 'run-started', runId: 'bench', source: { commit: null, dirty: null, ci: null } },
    left: null,
    deadline: null,
    review: () => Promise.resolve({ kind: 'valid' }),
    entrance: openEntrance('bench'),
    calibrationMaxAgeS: 0,
    deadlines: deadlinesFor('loopback'),
    engine,
    journal,
    wall: systemWallClock,
    monotonic: nodeMonotonic,
    drawHex,
    show: (event) => {
      if (event.kind === 'second') shown++;
    },
  });
  await coordinator.open();
  const run = coordinator.run();
  const { coordinator: address } = await engine.first;
  const fleet = fork(import.meta.filename, process.argv.slice(2), {
    env: { ...process.env, LOADCELL_BENCH_FLEET: address },
  });
  const began = performance.now();
  const quarters = await window(fleet);
  const descriptors = readdirSync('/proc/self/fd').length;
  const end = await run;
  await journal.close();
  let intervals = 0;
  for await (const entry of readJournal(folder)) if (entry.kind === 'interval') intervals++;
  const journalBytes = readdirSync(join(folder, 'journal'))
    .map((name) => statSync(join(folder, 'journal', name)).size)
    .reduce((sum, size) => sum + size, 0);
  await rm(results, { recursive: true });
  const armedS = (quarters.armedAt - began) / 1000;
  report(quarters.readings, { intervals, shown, end: end.kind, descriptors, journalBytes, armedS });
}

interface Reading {
  readonly cpuS: number;
  readonly wallS: number;
  readonly rssBytes: number;
}

interface Window {
  /** When all agents were armed. */
  readonly armedAt: number;
  readonly readings: readonly Reading[];
}

/** CPU, wall time and memory at the beginning of the steady part and at the end of each of its quarters. */
async function window(fleet: ChildProcess): Promise<Window> {
  await heard(fleet, 'running');
  const armedAt = performance.now();
  await delay(2000);
  const readings = [reading()];
  for (let quarter = 0; quarter < 4; quarter++) {
    await delay((SECONDS - 4) * 250);
    readings.push(reading());
  }
  return { armedAt, readings };
}

const heard = (child: ChildProcess, word: string): Promise<void> =>
  new Promise((resolve) => {
    child.on('message', (message) => {
      if (message === word) resolve();
    });
  });

function reading(): Reading {
  const { user, system } = process.cpuUsage();
  return { cpuS: (user + system) / 1e6, wallS: performance.now() / 1000, rssBytes: process.memoryUsage.rss() };
}

interface Facts {
  readonly intervals: number;
  readonly shown: number;
  readonly end: string;
  readonly descriptors: number;
  readonly journalBytes: number;
  readonly armedS: number;
}

function report(readings: readonly Reading[], facts: Facts): void {
  const [before, after] = [readings[0], readings.at(-1)] as [Reading, Reading];
  const share = (after.cpuS - before.cpuS) / (after.wallS - before.wallS);
  const expected = AGENTS * (SECONDS + 1);
  const memory = readings.map(({ rssBytes }) => (rssBytes / 2 ** 20).toFixed(0)).join(', ');
  console.log(`agents                      ${AGENTS} at 1 interval a second, heartbeats as the lease asks`);
  console.log(`coordinator, of one core    ${(100 * share).toFixed(1)} %`);
  console.log(`                            ${((1e6 * share) / AGENTS).toFixed(0)} µs for an agent's second`);
  console.log(`coordinator, resident       ${memory} MiB, at the start and after each quarter`);
  console.log(`intervals journaled         ${facts.intervals} of ${expected}, every one acknowledged`);
  console.log(`seconds shown live          ${facts.shown} of ${SECONDS + 1}`);
  console.log(`journal                     ${(facts.journalBytes / facts.intervals).toFixed(0)} bytes an interval`);
  console.log(`descriptors                 ${facts.descriptors} open`);
  console.log(`all agents armed            ${facts.armedS.toFixed(1)} s after their process was started`);
  console.log(`run                         ${facts.end}`);
}

/** The other process: all agents of the fleet. */
async function beFleet(address: string): Promise<void> {
  const agents = Array.from(
    { length: AGENTS },
    (_, index) => new FakeAgent({ address, runId: 'bench', token: 'bench', index }),
  );
  let running = 0;
  await Promise.all(
    agents.map(async (agent, index) => {
      agent.register();
      const lease = await agent.hear('lease');
      if (index === 0) await agent.calibrate();
      const { command } = await agent.arm();
      if (++running === AGENTS) process.send?.('running');
      await serve(agent, index, lease, command);
    }),
  );
  process.disconnect?.();
}

async function serve(
  agent: FakeAgent,
  index: number,
  lease: Awaited<ReturnType<typeof agent.hear<'lease'>>>,
  command: bigint,
): Promise<void> {
  const report = agent.report();
  report.greet(lease);
  const start = performance.now() + (1000 * index) / AGENTS;
  const slots = [0, 1].map((slot) => tallyToSlot(1, slot, someTally(index + slot)));
  for (let seq = 0; seq <= SECONDS; seq++) {
    await delay(Math.max(0, start + 1000 * seq - performance.now()));
    if ((1000 * seq) % lease.heartbeatMs < 1000) agent.say({ case: 'heartbeat', value: { epoch: lease.epoch } });
    report.send(seq + 1, anInterval(index, seq, { slots, last: seq === SECONDS }));
  }
  await report.acknowledged(SECONDS + 1);
  agent.say({ case: 'trialDone', value: { command, lastSeq: BigInt(SECONDS + 1) } });
  await agent.leave();
  await agent.detached;
  agent.close();
}

/** About 200 occupied buckets in each histogram, spread as latencies are. */
function someTally(seed: number): Tally {
  const tally = new Tally(1);
  for (let i = 0; i < 200; i++) {
    const spread = 1e6 * (1 + ((i * 7919 + seed * 31) % 200) / 40);
    for (const histogram of [tally.response, tally.service, tally.wait, tally.lag]) histogram.record(spread);
    tally.outcomes[0] = (tally.outcomes[0] ?? 0) + 1;
    tally.started++;
  }
  return tally;
}

if (process.env.LOADCELL_BENCH_FLEET === undefined) await coordinate();
else await beFleet(process.env.LOADCELL_BENCH_FLEET);
