import { fork } from 'node:child_process';
import { resolve } from 'node:path';
import { listening, UsageError } from '../agent/arguments.ts';
import { joinAgent } from '../agent/run-agent.ts';
import { RUNNER_ENTRY, Runners } from '../agent/runner-process.ts';
import { parsePositiveDuration } from '../campaign/quantity.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';
import { inSeconds } from './flag-values.ts';

export interface AgentOptions {
  readonly join: string;
  readonly wait: string;
  readonly metrics?: string;
  readonly spool?: string;
  readonly files?: string;
}

const USAGE = EXIT_CODES['before-start'].code;
const REGISTER_WITHIN_MS = 60_000;

/** `loadcell agent`: takes a place and fills it until its run is over. */
export async function agent({ join, wait, metrics, spool, files }: AgentOptions): Promise<never> {
  const waiting = parsePositiveDuration(inSeconds(wait));
  if (!waiting.ok) throw new Failure(USAGE, `--wait: ${waiting.problem}`);
  const runners = new Runners({ fork, entry: RUNNER_ENTRY, env: process.env });
  const given = {
    join: resolve(join),
    waitMs: waiting.value / 1e6,
    metrics: metrics === undefined ? null : metricsAt(metrics),
    node: null,
    spool: spool ?? null,
    cache: null,
    files: files ?? null,
    registerWithinMs: REGISTER_WITHIN_MS,
  };
  // Whoever scrapes it may hold a connection open: that keeps no agent whose run is over.
  process.exit(await joinAgent(given, process.env, runners));
}

function metricsAt(text: string): ReturnType<typeof listening> {
  try {
    return listening(text);
  } catch (error) {
    throw error instanceof UsageError ? new Failure(USAGE, error.message) : error;
  }
}
