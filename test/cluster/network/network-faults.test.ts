// What a network does to agents and coordinator on two hosts: seconds come late, and none is lost or counted twice.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect } from 'vitest';
import type { RunEvent } from '../../../src/coordinator/events.ts';
import { readJournal } from '../../../src/coordinator/results-journal.ts';
import { decodeInterval } from '../../../src/wire/interval-codec.ts';
import { benchmarksOf, freshFolder, loadcell, type Running, resultsOf } from '../../support/loadcell.ts';
import { descendants } from '../../support/process-tree.ts';
import { testWith, toolIsThere } from '../../support/tools.ts';
import { type Host, TwoHosts } from './two-hosts.ts';

/** 1 s of warm-up, 12 s of load and what is left of the drain: from 13 intervals on, of each of two agents. */
const CAMPAIGN = `
name: across
targets: { nothing: { null: {} } }
scenarios: { load: { load: { rate: 200/s, for: 12s } } }
objectives: [errors < 5%]
fleet: { agents: 2, workers: 1, pacing: lowCpu }
warmup: 1s
drain: 2s
seed: 7
`;
const SCHEDULED = 2400;
const LEAST_SEQ = 12;

/** What a busy machine may do to a measurement; nothing of it is the network's doing. */
const OF_THE_MACHINE = ['generator-decides', 'not-started', 'harness-cpu'];

const SLOW_LINE = fileURLToPath(new URL('./slow-line.ts', import.meta.url));
const PORT = 47_213;
const SLOW_PORT = 47_214;

const isPossible = toolIsThere('network namespaces');
let hosts: TwoHosts;
let places: string;
let started: { readonly end: () => Promise<unknown> }[];

beforeEach(() => {
  if (!isPossible) return;
  hosts = new TwoHosts();
  places = mkdtempSync(join(tmpdir(), 'loadcell-places-'));
  started = [];
});

afterEach(async () => {
  if (!isPossible) return;
  await Promise.all(started.map(({ end }) => end()));
  hosts.remove();
  rmSync(places, { recursive: true });
});

function start(host: Host, args: readonly string[], folder = freshFolder()): Running {
  const running = loadcell(args, folder, {}, hosts.on(host));
  const { process: child, ended } = running;
  started.push({
    end: () => {
      child.kill('SIGKILL');
      return ended;
    },
  });
  return running;
}

/** A coordinator here, and agents there who dial `at`. */
function startRun(at: string): { readonly leader: Running; readonly agents: readonly Running[] } {
  const folder = freshFolder();
  writeFileSync(join(folder, 'campaign.yaml'), CAMPAIGN);
  const listen = ['--listen', `${hosts.addressOf('here')}:${PORT}`, '--advertise', at];
  const leader = start('here', ['coordinator', 'campaign.yaml', '--join', places, ...listen], folder);
  const agents = [0, 1].map(() => start('there', ['agent', '--join', places, '--wait', '60s']));
  return { leader, agents };
}

async function startSlowLine(delayMs: number): Promise<string> {
  const at = `${hosts.addressOf('there')}:${SLOW_PORT}`;
  const [command = '', ...within] = hosts.on('there');
  const to = `${hosts.addressOf('here')}:${PORT}`;
  const line = spawn(command, [...within, process.execPath, SLOW_LINE, at, to, `${delayMs}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(line, 'close');
  started.push({
    end: () => {
      line.kill('SIGKILL');
      return gone;
    },
  });
  await once(line.stdout, 'data');
  return at;
}

const isUnderLoad = ({ saw }: Running): Promise<void> => saw(/load.*achieved/);

/** What the journal holds: per agent the trial's intervals as they stand there, and what happened. */
async function journalOf(folder: string) {
  const seqs: number[][] = [[], []];
  const closing: number[] = [0, 0];
  const events: RunEvent[] = [];
  for await (const entry of readJournal(resultsOf(folder))) {
    if (entry.kind === 'event') events.push(entry.timed.event);
    else {
      const { agent, seq, last } = decodeInterval(entry.stored.interval);
      seqs[agent]?.push(seq);
      if (last) closing[agent] = (closing[agent] ?? 0) + 1;
    }
  }
  return { seqs, closing, events };
}

/** Every interval of both agents stands in the journal once, in order, and every request is accounted for. */
async function nothingIsLostOrCountedTwice({ folder }: Running): Promise<readonly RunEvent[]> {
  const { seqs, closing, events } = await journalOf(folder);
  for (const own of seqs) {
    expect(own).toEqual(own.map((_, index) => index));
    expect(own.length).toBeGreaterThan(LEAST_SEQ);
  }
  expect(closing).toEqual([1, 1]);
  const [trial] = benchmarksOf(folder).cells[0]?.trials ?? [];
  expect(trial?.accounting).toMatchObject({ scheduled: SCHEDULED, ok: SCHEDULED, shed: 0, unfinished: 0 });
  return events;
}

/** Passes, unless the machine was too busy to measure at all. */
function verdictIsThatOfAWholeNetwork({ folder }: Running): void {
  const { kind, reasons } = benchmarksOf(folder).verdict;
  const grave = reasons.map(({ code }) => code).filter((code) => !OF_THE_MACHINE.includes(code));
  expect(grave, JSON.stringify(reasons)).toEqual([]);
  expect(['pass', 'invalid']).toContain(kind);
}

async function everybodyEndsWell(leader: Running, agents: readonly Running[]): Promise<void> {
  const { code, stderr } = await leader.ended;
  expect([0, 13], stderr).toContain(code);
  for (const agent of agents) expect(await agent.ended).toMatchObject({ code: 0, stderr: '' });
}

testWith(
  'network namespaces',
  'packets are lost, one in twenty each way: every second arrives, once',
  async () => {
    hosts.losePackets();
    const { leader, agents } = startRun(hosts.addressOf('here'));
    await everybodyEndsWell(leader, agents);
    expect(hosts.lostAt('here') + hosts.lostAt('there')).toBeGreaterThan(0);
    await nothingIsLostOrCountedTwice(leader);
    verdictIsThatOfAWholeNetwork(leader);
  },
  120_000,
);

testWith(
  'network namespaces',
  'a line that takes 100 ms each way: every second arrives, once, and agents whose clocks nobody knows well enough are told of',
  async () => {
    const { leader, agents } = startRun(await startSlowLine(100));
    await everybodyEndsWell(leader, agents);
    const events = await nothingIsLostOrCountedTwice(leader);
    const start = events.find(({ kind }) => kind === 'trial-started');
    // Half a round trip is all that can be known of a clock; these agents read the same one, and set out on it together.
    expect(start?.kind === 'trial-started' ? start.spreadMs : null).toBeLessThan(100);
    const { kind, reasons } = benchmarksOf(leader.folder).verdict;
    expect(kind).toBe('invalid');
    const codes = reasons.map(({ code }) => code);
    expect(codes).toContain('clock-unsynchronised');
    expect(codes).not.toContain('start-spread');
  },
  120_000,
);

testWith(
  'network namespaces',
  'a cable that is pulled for five seconds in the middle of the load: what piled up arrives, once',
  async () => {
    const { leader, agents } = startRun(hosts.addressOf('here'));
    await isUnderLoad(leader);
    hosts.pullCable();
    await delay(5_000);
    hosts.plugCable();
    await everybodyEndsWell(leader, agents);
    await nothingIsLostOrCountedTwice(leader);
    verdictIsThatOfAWholeNetwork(leader);
  },
  120_000,
);

testWith(
  'network namespaces',
  'a coordinator that stands still for ten seconds loses nobody and nothing',
  async () => {
    const { leader, agents } = startRun(hosts.addressOf('here'));
    await isUnderLoad(leader);
    const coordinator = descendants(leader.pid).find(({ command }) => /coordinator\/main\.[jt]s/.test(command));
    process.kill(coordinator?.pid ?? Number.NaN, 'SIGSTOP');
    await delay(10_000);
    process.kill(coordinator?.pid ?? Number.NaN, 'SIGCONT');
    await everybodyEndsWell(leader, agents);
    await nothingIsLostOrCountedTwice(leader);
    verdictIsThatOfAWholeNetwork(leader);
  },
  120_000,
);

testWith(
  'network namespaces',
  'a cable that stays out for longer than leases last: the agents end by themselves, and the trial is invalid',
  async () => {
    const { leader, agents } = startRun(hosts.addressOf('here'));
    await isUnderLoad(leader);
    hosts.pullCable();
    for (const agent of agents) {
      expect(await agent.ended).toMatchObject({ code: 13, stderr: expect.stringContaining('the load was stopped') });
    }
    leader.process.kill('SIGTERM');
    expect((await leader.ended).code).toBe(130);
    const { seqs } = await journalOf(leader.folder);
    for (const own of seqs) expect(own).toEqual(own.map((_, index) => index));
    const spools = readdirSync(tmpdir()).filter((name) =>
      resultsOf(leader.folder).endsWith(name.replace('loadcell-', '')),
    );
    for (const name of spools) rmSync(join(tmpdir(), name), { recursive: true });
    expect(spools).toHaveLength(1);
  },
  120_000,
);
