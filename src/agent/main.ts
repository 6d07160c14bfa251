#!/usr/bin/env node
// The agent's process. Its arguments say which place it fills; the run's token comes by file or by standard input.
import { fork } from 'node:child_process';
import { enableCompileCache } from 'node:module';

enableCompileCache();
process.on('uncaughtException', (error) => {
  process.stderr.write(`loadcell agent: a fault of the program itself: ${error.message}\n`);
  process.exit(70);
});
const { watchLifeline } = await import('../wire/lifeline.ts');
watchLifeline(process.env);
// The first runner loads beside its agent.
const { RUNNER_ENTRY, Runners } = await import('./runner-process.ts');
const runners = new Runners({ fork, entry: RUNNER_ENTRY, env: process.env });
runners.prepareSpare();
const { runAgent } = await import('./run-agent.ts');
process.exit(await runAgent(process.argv.slice(2), process.env, runners));
