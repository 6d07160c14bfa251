// Process entry of an endpoint that somebody else started: the runner of a trial, over an IPC channel.
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { attachEndpoint } = await import('./attach-endpoint.ts');
attachEndpoint();
