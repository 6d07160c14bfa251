import { targetFor } from '../../targets/registry.ts';
import { profilesOf } from './profiles.ts';
import { serveTrial, type WorkerTask } from './worker-task.ts';

/** What the pool calls on its threads. */
export default (task: WorkerTask): Promise<void> =>
  serveTrial(task, (spec) => targetFor(spec, () => profilesOf(task.worker, process.env)));
