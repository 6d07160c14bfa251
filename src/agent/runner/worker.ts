import { isNetwork } from '../../campaign/target-spec.ts';
import { onDeviceOf, visibleDevices } from '../../targets/devices.ts';
import { networkTargetFor, targetFor } from '../../targets/registry.ts';
import { serveNetworkTrial } from './network-task.ts';
import { profilesOf } from './profiles.ts';
import { serveTrial, type WorkerTask } from './worker-task.ts';

type InProcess = Parameters<typeof targetFor>[0];

/** Workers are dealt to the agent's devices. */
const dealt = (target: InProcess, worker: number): InProcess =>
  target.kind === 'onnx' ? onDeviceOf(target, worker, visibleDevices(process.env)) : target;

/** What the pool calls on its threads. */
export default (task: WorkerTask): Promise<void> => {
  const { target } = task.spec;
  return isNetwork(target)
    ? serveNetworkTrial(task, target, () => networkTargetFor(target, process.env))
    : serveTrial(task, () => targetFor(dealt(target, task.worker), () => profilesOf(task.worker, process.env)));
};
