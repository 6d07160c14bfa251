import { spawn } from 'node:child_process';
import { Supervisor } from './supervise.ts';

// A terminal that has gone away or a reader that has seen enough (`| head`) ends neither a run nor its exit code.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

/** Verbs that carry out runs. */
const RUNS: readonly string[] = ['run', 'bench'];

const supervise = (): Supervisor => new Supervisor({ spawn, env: process.env, signals: process });

// What a run starts loads while this process reads its command line and plans: half of the way to the first request.
let supervisor = RUNS.includes(process.argv[2] ?? '') ? supervise() : null;
const { main } = await import('./command-line.ts');
process.exitCode = await main(process.argv, () => {
  supervisor ??= supervise();
  return supervisor;
});
await supervisor?.dismiss();
