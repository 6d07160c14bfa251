// Process entry of the runner: the agent forks it with an IPC channel.
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { attach } = await import('./attach.ts');
const { entryFile } = await import('./entry-file.ts');
attach(entryFile('worker', import.meta.url));
