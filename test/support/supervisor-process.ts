// A process that supervises a coordinator which never ends by itself, and prints the group's id once it runs.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Supervisor } from '../../src/cli/supervise.ts';

const supervisor = new Supervisor({
  spawn,
  env: process.env,
  signals: process,
  entry: fileURLToPath(new URL('./supervised-coordinator.ts', import.meta.url)),
});
const request = { runId: process.argv[2] ?? '', resultsDir: '/nowhere' } as never;
const end = await supervisor.run(request, (event) => {
  if (event.kind === 'waiting') process.stdout.write(`${event.of}\n`);
});
process.stdout.write(`${JSON.stringify(end)}\n`);
