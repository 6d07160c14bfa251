#!/usr/bin/env node
// The coordinator's process: it is given one run over IPC by its supervisor (supervision.ts) and ends with it.
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { watchLifeline } = await import('../wire/lifeline.ts');
watchLifeline(process.env);
const { serveSupervisor } = await import('./serve-supervisor.ts');
process.exit(await serveSupervisor(process));
