import { spawn } from 'node:child_process';
import { AGENTS_COME } from '../coordinator/supervision.ts';
import { OutputLoss } from './output-loss.ts';
import { Supervisor } from './supervise.ts';

// No trouble with a stream ends a run; what standard output did not take is told at the end.
const loss = new OutputLoss();
process.stdout.on('error', (error) => loss.note(error));
process.stderr.on('error', () => {});
process.once('exit', (code) => {
  process.exitCode = loss.exitCode(code);
  if (loss.sentence !== null) process.stderr.write(`loadcell: ${loss.sentence}\n`);
});

/** Verbs that carry out runs. */
const RUNS: readonly string[] = ['run', 'bench', 'peak', 'coordinator', 'inside'];

/** Those of them whose agents are no processes of theirs. */
const ELSEWHERE: readonly string[] = ['coordinator', 'inside'];

const agentsCome = ELSEWHERE.includes(process.argv[2] ?? '') ? [AGENTS_COME] : [];
const supervise = (): Supervisor =>
  new Supervisor({ spawn, env: process.env, signals: process, arguments: agentsCome });

// What a run starts loads while this process reads its command line and plans: half of the way to the first request.
let supervisor = RUNS.includes(process.argv[2] ?? '') ? supervise() : null;
const { main } = await import('./command-line.ts');
process.exitCode = await main(process.argv, () => {
  supervisor ??= supervise();
  return supervisor;
});
await supervisor?.dismiss();
