import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawHex, nodeMonotonic, systemWallClock } from '../time/monotonic.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { readJoinToken } from '../wire/join-token.ts';
import { Agent } from './agent.ts';
import { type AgentEnd, conclusion } from './agent-end.ts';
import type { AgentMetrics } from './agent-metrics.ts';
import { type AgentArguments, agentArguments, UsageError } from './arguments.ts';
import { CalibrationCache } from './calibration-cache.ts';
import type { ChannelSecurity } from './channel.ts';
import type { Enrolment } from './enrol.ts';
import { programOf } from './k6/program.ts';
import { gatherNodeFacts } from './node-facts.ts';
import { observation } from './observation.ts';
import { createHostSampler } from './proc-stat.ts';
import { readText } from './read-text.ts';
import type { Runners } from './runner-process.ts';
import { Spool } from './spool.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** One agent from its arguments to its exit code; sentences for people go to standard error. Ends the runners. */
export async function runAgent(argv: readonly string[], env: Environment, runners: Runners): Promise<number> {
  // Nobody reads any more what is written: the coordinator that held the other end is gone.
  process.stderr.on('error', () => {});
  try {
    const args = await agentArguments(argv, env, process.stdin);
    if (args === null) return 0;
    const { exitCode, sentence } = conclusion(await live(args, env, runners));
    if (sentence !== null) warn(sentence);
    return exitCode;
  } catch (error) {
    const usage = error instanceof UsageError;
    warn(usage ? error.message : `a fault of the program itself: ${error instanceof Error ? error.stack : error}`);
    return (usage ? EXIT_CODES['before-start'] : EXIT_CODES['own-fault']).code;
  } finally {
    runners.endAll();
  }
}

/** Loaded where somebody looks. */
async function openMetrics(listen: AgentArguments['metrics'], node: string): Promise<AgentMetrics | null> {
  if (listen === null) return null;
  const { AgentMetrics: Metrics } = await import('./agent-metrics.ts');
  const metrics = new Metrics(node);
  await metrics.open(listen);
  return metrics;
}

const warn = (sentence: string): void => {
  process.stderr.write(`loadcell agent: ${sentence}\n`);
};

async function live(args: AgentArguments, env: Environment, runners: Runners): Promise<AgentEnd> {
  const entry = await enter(args);
  return entry.kind === 'ended' ? entry.end : await serve(args, entry, env, runners);
}

/** The secret to register with, and by what the streams are encrypted. */
interface Entry {
  readonly kind: 'entry';
  readonly secret: string;
  readonly security: ChannelSecurity | null;
}

/** On an address that others reach, a certificate is got for the token. */
async function enter(args: AgentArguments): Promise<Entry | Extract<Enrolment, { readonly kind: 'ended' }>> {
  const { secret, authority } = readJoinToken(args.token);
  if (authority === null) return { kind: 'entry', secret, security: null };
  const { enrol } = await import('./enrol.ts');
  const enrolment = await enrol({ ...args, secret, authority, withinMs: args.registerWithinMs });
  return enrolment.kind === 'ended' ? enrolment : { kind: 'entry', secret: '', security: enrolment.security };
}

async function serve(
  args: AgentArguments,
  { secret, security }: Entry,
  env: Environment,
  runners: Runners,
): Promise<AgentEnd> {
  const cacheFolder = join(args.cache ?? env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'loadcell');
  const node = await gatherNodeFacts(readText, cacheFolder, args.node ?? hostname());
  const metrics = await openMetrics(args.metrics, node.id);
  const nonce = drawHex(8);
  const spoolFolder = args.spool ?? join(tmpdir(), `loadcell-${args.runId}`);
  const agent = new Agent({
    coordinator: args.coordinator,
    security,
    identity: {
      runId: args.runId,
      attempt: args.attempt,
      index: args.index,
      token: secret,
      nonce,
      pid: process.pid,
      node,
    },
    monotonic: nodeMonotonic,
    hostFacts: createHostSampler(readText),
    runners,
    calibrations: new CalibrationCache(join(cacheFolder, 'calibration'), node.key, systemWallClock.nowMs, (driver) =>
      programOf(driver, env),
    ),
    spool: new Spool(join(spoolFolder, `${args.index}-${args.attempt}-${nonce}.spool`)),
    telemetry: (report) => observation({ env, runners, report, metrics }),
    ...(metrics === null ? {} : { onInterval: (payload: Uint8Array) => metrics.interval(payload) }),
    registerWithinMs: args.registerWithinMs,
    warn,
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => agent.interrupt(signal));
  }
  process.on('SIGHUP', () => {});
  return agent.ended;
}
