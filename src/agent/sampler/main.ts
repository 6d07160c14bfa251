// The sampler's process: a child of an agent that may be killed at any time. It ends when the agent's pipe closes.
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { watchLifeline } = await import('../../wire/lifeline.ts');
watchLifeline(process.env);
// What is measured comes first.
const { moveToBackground } = await import('./background.ts');
await moveToBackground();
const { runSampler } = await import('./run-sampler.ts');
await runSampler(process);
