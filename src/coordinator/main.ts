#!/usr/bin/env node
// The coordinator's process: it is given one run over IPC by its supervisor (supervision.ts) and ends with it.
import { enableCompileCache } from 'node:module';
import { hostname } from 'node:os';

enableCompileCache();
process.on('uncaughtException', (error) => {
  process.stderr.write(`loadcell coordinator: a fault of the program itself: ${error.message}\n`);
  process.exit(70);
});
const { watchLifeline } = await import('../wire/lifeline.ts');
watchLifeline(process.env);
const { engineOf, localEngine } = await import('../engines/engine-of.ts');
const engine = localEngine(process.env);
// An agent of the run to come loads beside its coordinator; nobody else starts this process with a channel.
if (process.send !== undefined) engine.startAhead();
const { serveSupervisor } = await import('./serve-supervisor.ts');
const { processWitness } = await import('../engines/process-witness.ts');
const { self, isRunning } = processWitness(process.pid, hostname());
process.exit(await serveSupervisor(process, (plan) => engineOf(plan.fleet, process.env, engine), { self, isRunning }));
