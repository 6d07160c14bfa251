#!/usr/bin/env node
// The coordinator's process: it is given one run over IPC by its supervisor (supervision.ts) and ends with it.
import { enableCompileCache } from 'node:module';
import { hostname } from 'node:os';
import type { RunRequest } from './supervision.ts';

enableCompileCache();
process.on('uncaughtException', (error) => {
  process.stderr.write(`loadcell coordinator: a fault of the program itself: ${error.message}\n`);
  process.exit(70);
});
const { watchLifeline } = await import('../wire/lifeline.ts');
watchLifeline(process.env);
const { awaitedEngine, engineOf, localEngine } = await import('../engines/engine-of.ts');
const engine = localEngine(process.env);
const { AGENTS_COME } = await import('./supervision.ts');
// An agent of the run to come loads beside its coordinator, unless agents come by themselves; nobody else starts this
// process with a channel.
if (process.send !== undefined && !process.argv.includes(AGENTS_COME)) engine.startAhead();
const engineFor = ({ plan, joinFolder, agentSource }: RunRequest) =>
  joinFolder === undefined ? engineOf(plan.fleet, process.env, engine, agentSource) : awaitedEngine(joinFolder);
const { serveSupervisor } = await import('./serve-supervisor.ts');
const { processWitness } = await import('../engines/process-witness.ts');
const { self, isRunning } = processWitness(process.pid, hostname());
process.exit(await serveSupervisor(process, engineFor, { self, isRunning }));
