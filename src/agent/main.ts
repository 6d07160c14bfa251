#!/usr/bin/env node
// The agent's process. Its arguments say which place it fills; the run's token comes by file or by standard input.
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { watchLifeline } = await import('../wire/lifeline.ts');
watchLifeline(process.env);
const { runAgent } = await import('./run-agent.ts');
process.exit(await runAgent(process.argv.slice(2), process.env));
