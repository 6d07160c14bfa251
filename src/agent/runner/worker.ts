import { isNetwork } from '../../campaign/target-spec.ts';
import { networkTargetFor, targetFor } from '../../targets/registry.ts';
import { serveNetworkTrial } from './network-task.ts';
import { profilesOf } from './profiles.ts';
import { serveTrial, type WorkerTask } from './worker-task.ts';

/** What the pool calls on its threads. */
export default (task: WorkerTask): Promise<void> => {
  const { target } = task.spec;
  return isNetwork(target)
    ? serveNetworkTrial(task, target, () => networkTargetFor(target, process.env))
    : serveTrial(task, () => targetFor(target, () => profilesOf(task.worker, process.env)));
};
