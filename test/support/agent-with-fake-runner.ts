// The agent's process, as src/agent/main.ts starts it, with the runner of its tests.
import { fileURLToPath } from 'node:url';
import { runAgent } from '../../src/agent/run-agent.ts';

const runnerEntry = fileURLToPath(new URL('./fake-runner.ts', import.meta.url));
process.exit(await runAgent(process.argv.slice(2), process.env, runnerEntry));
