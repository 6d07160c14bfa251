import { isNetwork } from '../../campaign/target-spec.ts';
import { onDeviceOf, visibleDevices } from '../../targets/devices.ts';
import { networkTargetFor, targetFor } from '../../targets/registry.ts';
import type { WorkerTask } from './worker-task.ts';

type InProcess = Parameters<typeof targetFor>[0];

/** Workers are dealt to the agent's devices. */
const dealt = (target: InProcess, worker: number): InProcess =>
  target.kind === 'onnx' ? onDeviceOf(target, worker, visibleDevices(process.env)) : target;

/** What the pool calls on its threads. */
export default async (task: WorkerTask): Promise<void> => {
  const { target } = task.spec;
  if (isNetwork(target)) {
    const { serveNetworkTrial } = await import('./network-task.ts');
    return await serveNetworkTrial(task, target, () => networkTargetFor(target, process.env));
  }
  const { serveTrial } = await import('./worker-task.ts');
  const profiles = async () => (await import('./profiles.ts')).profilesOf(task.worker, process.env);
  return await serveTrial(task, () => targetFor(dealt(target, task.worker), profiles));
};
