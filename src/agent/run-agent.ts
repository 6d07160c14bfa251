import { rmdir } from 'node:fs/promises';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WantedGpus } from '../gpu/arrival.ts';
import { drawHex, nodeMonotonic, systemWallClock } from '../time/monotonic.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import type { Arrival } from '../wire/arrival.ts';
import type { JoinTicket } from '../wire/join-file.ts';
import { readJoinToken } from '../wire/join-token.ts';
import { readText } from '../wire/read-text.ts';
import { Agent } from './agent.ts';
import { type AgentEnd, conclusion } from './agent-end.ts';
import type { AgentMetrics } from './agent-metrics.ts';
import { agentArguments, type NodeArguments, UsageError } from './arguments.ts';
import { CalibrationCache } from './calibration-cache.ts';
import { clockName } from './clock-name.ts';
import { CoordinatorLine } from './coordinator-line.ts';
import { FileSource } from './files/file-source.ts';
import { TrialFiles } from './files/trial-files.ts';
import { programOf } from './k6/program.ts';
import { gatherNodeFacts } from './node-facts.ts';
import { observation } from './observation.ts';
import type { Runners } from './runner-process.ts';
import { Spool } from './spool.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** One agent from its arguments to its exit code; sentences for people go to standard error. Ends the runners. */
export const runAgent = (argv: readonly string[], env: Environment, runners: Runners): Promise<number> =>
  concluded(runners, async (line) => {
    const args = await agentArguments(argv, env, process.stdin);
    return args === null ? null : await live(line, args, async () => args, env, runners);
  });

/** One agent that takes a place from a join file, or from a folder of them, waiting for it as long as `waitMs`. */
export const joinAgent = (
  { join: path, waitMs, ...node }: NodeArguments & { readonly join: string; readonly waitMs: number },
  env: Environment,
  runners: Runners,
): Promise<number> =>
  concluded(runners, async (line) => {
    const { takePlace } = await import('./join.ts');
    return await live(line, node, (signal) => takePlace(path, waitMs, signal), env, runners);
  });

/**
 * `life` gives null where there is no place for the agent and nobody to tell. The thread that will hold its streams loads
 * from the very beginning.
 */
async function concluded(runners: Runners, life: (line: CoordinatorLine) => Promise<AgentEnd | null>): Promise<number> {
  const line = new CoordinatorLine();
  // Nobody reads any more what is written: the coordinator that held the other end is gone.
  process.stderr.on('error', () => {});
  try {
    const end = await life(line);
    if (end === null) return 0;
    const { exitCode, sentence } = conclusion(end);
    if (sentence !== null) warn(sentence);
    return exitCode;
  } catch (error) {
    const usage = error instanceof UsageError;
    warn(usage ? error.message : `a fault of the program itself: ${error instanceof Error ? error.stack : error}`);
    return (usage ? EXIT_CODES['before-start'] : EXIT_CODES['own-fault']).code;
  } finally {
    runners.endAll();
    await line.end();
  }
}

/** Loaded where somebody looks. */
async function openMetrics(listen: NodeArguments['metrics'], node: string): Promise<AgentMetrics | null> {
  if (listen === null) return null;
  const { AgentMetrics: Metrics } = await import('./agent-metrics.ts');
  const metrics = new Metrics(node);
  await metrics.open(listen);
  return metrics;
}

const warn = (sentence: string): void => {
  process.stderr.write(`loadcell agent: ${sentence}\n`);
};

/** Looks at the GPUs that this agent was given; what runs its load is given them by their UUIDs, whatever numbers they had. */
async function arrive(wanted: WantedGpus, env: Environment, runners: Runners): Promise<Arrival> {
  const [{ lookAtGpus }, { samplerSource }] = await Promise.all([import('./gpu-look.ts'), import('./observation.ts')]);
  const arrival = await lookAtGpus(wanted, samplerSource(env));
  runners.equip({ CUDA_VISIBLE_DEVICES: arrival.gpus.map(({ uuid }) => uuid).join(',') });
  return arrival;
}

type TakePlace = (signal: AbortSignal) => Promise<JoinTicket | null>;

/** The node is looked at, and shown to Prometheus, before there is a place. */
async function live(
  line: CoordinatorLine,
  args: NodeArguments,
  take: TakePlace,
  env: Environment,
  runners: Runners,
): Promise<AgentEnd> {
  const cacheFolder = join(args.cache ?? env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'loadcell');
  const node = await gatherNodeFacts(readText, cacheFolder, args.node ?? hostname());
  const metrics = await openMetrics(args.metrics, node.id);
  const interrupts = new Interrupts();
  const place = await take(interrupts.signal);
  if (interrupts.by !== null) return { kind: 'interrupted', signal: interrupts.by };
  if (place === null) return { kind: 'no-place' };
  const { coordinator, runId, attempt, index, expects } = place;
  const { secret: token, authority } = readJoinToken(place.token);
  const arrival = expects === undefined ? null : await arrive(expects, env, runners);
  const nonce = drawHex(8);
  const spoolFolder = args.spool ?? join(tmpdir(), `loadcell-${runId}`);
  const agent = new Agent({
    line,
    coordinator,
    authority,
    identity: { runId, attempt, index, token, nonce, pid: process.pid, node, arrival },
    registerWithinMs: args.registerWithinMs,
    monotonic: nodeMonotonic,
    clock: clockName(),
    runners,
    calibrations: new CalibrationCache(join(cacheFolder, 'calibration'), node.key, systemWallClock.nowMs, (driver) =>
      programOf(driver, env),
    ),
    spool: new Spool(join(spoolFolder, `${index}-${attempt}-${nonce}.spool`)),
    telemetry: (report) => observation({ env, runners, report, metrics }),
    files: (lease) =>
      new TrialFiles({
        folder: args.files ?? join(cacheFolder, 'sent'),
        derived: join(cacheFolder, 'files'),
        source: new FileSource({ coordinator, lease }),
        node: node.id,
        nonce,
        nowMs: systemWallClock.nowMs,
      }),
    ...(metrics === null ? {} : { onInterval: (payload: Uint8Array) => metrics.interval(payload) }),
    warn,
  });
  interrupts.tell((by) => agent.interrupt(by));
  const end = await agent.ended;
  // A folder of its own goes too, unless something in it was never acknowledged.
  if (args.spool === null) await rmdir(spoolFolder).catch(() => {});
  return end;
}

/**
 * The first SIGINT or SIGTERM, from when the agent has looked at its node; SIGHUP ends nothing. Later ones change nothing:
 * where a whole process tree is told to end, an agent hears it from the engine and again from the shell that started it.
 */
class Interrupts {
  readonly #controller = new AbortController();
  #by: NodeJS.Signals | null = null;

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.#interrupt(signal));
    process.on('SIGHUP', () => {});
  }

  /** Aborts with the first. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Null: none has come. */
  get by(): NodeJS.Signals | null {
    return this.#by;
  }

  /** Calls `ends` with the first, also where it has come already. */
  tell(ends: (by: NodeJS.Signals) => void): void {
    if (this.#by !== null) ends(this.#by);
    else this.signal.addEventListener('abort', () => this.#by !== null && ends(this.#by));
  }

  #interrupt(signal: NodeJS.Signals): void {
    this.#by ??= signal;
    this.#controller.abort();
  }
}
