// The sampler's process: a child of an agent that may be killed at any time. It ends when the agent's pipe closes.
import { enableCompileCache } from 'node:module';
import { constants, setPriority } from 'node:os';

enableCompileCache();
const { watchLifeline } = await import('../../wire/lifeline.ts');
watchLifeline(process.env);
// What is measured comes first.
try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
} catch {
  // Not allowed here: it runs as what it was started as.
}
const { runSampler } = await import('./run-sampler.ts');
await runSampler(process);
