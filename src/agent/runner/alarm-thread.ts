// Thread entry of the runner's alarm clock.
import { workerData } from 'node:worker_threads';
import { threadClock } from '../../time/monotonic.ts';
import { AlarmClock, type AlarmMemory } from './alarm.ts';

const { memory, origin } = workerData as { readonly memory: AlarmMemory; readonly origin: bigint };
const clock = threadClock(origin);
new AlarmClock(memory, () => clock.now()).run();
