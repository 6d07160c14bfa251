// A process that locks every device it is told to, for itself: `node lock-taker.ts <folder>`.
import { DeviceLocks } from '../../src/engines/device-locks.ts';
import { formatIdentity, identify } from '../../src/engines/process-identity.ts';
import { readText } from '../../src/wire/read-text.ts';

const locks = new DeviceLocks(process.argv[2] ?? '', 'gpu');
const self = formatIdentity(identify(process.pid, readText));
process.on('message', (device: string) => {
  process.send?.(locks.lock(device, self) ? 'taken' : 'not taken');
});
process.send?.('ready');
