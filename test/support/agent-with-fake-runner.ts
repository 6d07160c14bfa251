// The agent's process, as src/agent/main.ts starts it, with the runner of its tests. SIGUSR2 keeps its main thread from
// everything else for as many milliseconds as LOADCELL_TEST_BLOCK_MS says.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runAgent } from '../../src/agent/run-agent.ts';
import { Runners } from '../../src/agent/runner-process.ts';

const entry = fileURLToPath(new URL('./fake-runner.ts', import.meta.url));
process.on('SIGUSR2', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.env.LOADCELL_TEST_BLOCK_MS));
});
const runners = new Runners({ fork, entry, env: process.env });
process.exit(await runAgent(process.argv.slice(2), process.env, runners));
