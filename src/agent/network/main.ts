// Process entry of the network between a runner's clients and an endpoint: the runner forks it with an IPC channel.
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { attachNetwork } = await import('./attach-network.ts');
attachNetwork();
