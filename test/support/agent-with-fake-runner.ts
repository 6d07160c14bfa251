// The agent's process, as src/agent/main.ts starts it, with the runner of its tests.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runAgent } from '../../src/agent/run-agent.ts';
import { Runners } from '../../src/agent/runner-process.ts';

const entry = fileURLToPath(new URL('./fake-runner.ts', import.meta.url));
const runners = new Runners({ fork, entry, env: process.env });
process.exit(await runAgent(process.argv.slice(2), process.env, runners));
