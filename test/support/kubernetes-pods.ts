import type { V1ContainerState, V1Job, V1JobCondition, V1Pod, V1PodCondition } from '@kubernetes/client-node';

/** A pod of a Job as the API server has it, by its number. */
export interface PodFacts {
  readonly node?: string;
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly container?: V1ContainerState;
  readonly conditions?: readonly V1PodCondition[];
  /** Seconds of its grace: it is to end. */
  readonly ending?: number;
}

export const pod = (job: string, nth: number, facts: PodFacts = {}): V1Pod => ({
  metadata: {
    name: `${job}-${nth}-abcde`,
    uid: `uid-${nth}`,
    creationTimestamp: new Date(1000),
    labels: { 'batch.kubernetes.io/job-completion-index': `${nth}`, 'batch.kubernetes.io/job-name': job },
    ...(facts.ending === undefined
      ? {}
      : { deletionTimestamp: new Date(2000), deletionGracePeriodSeconds: facts.ending }),
  },
  spec: { containers: [], ...(facts.node === undefined ? {} : { nodeName: facts.node }) },
  status: {
    phase: facts.phase ?? (facts.container?.running === undefined ? 'Pending' : 'Running'),
    ...(facts.reason === undefined ? {} : { reason: facts.reason }),
    ...(facts.message === undefined ? {} : { message: facts.message }),
    conditions: [...(facts.conditions ?? [])],
    ...(facts.container === undefined
      ? {}
      : {
          containerStatuses: [
            { name: 'agent', image: '', imageID: '', ready: true, restartCount: 0, state: facts.container },
          ],
        }),
  },
});

export const running: V1ContainerState = { running: { startedAt: new Date(1500) } };

/** A container that has ended with a code, as a runtime tells it. */
export const terminated = (exitCode: number, message = '', reason?: string): V1ContainerState => ({
  terminated: { exitCode, message, reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error') },
});

export const unschedulable = (message: string): V1PodCondition => ({
  type: 'PodScheduled',
  status: 'False',
  reason: 'Unschedulable',
  message,
});

export const condition = (type: string, reason = '', message = ''): V1JobCondition => ({
  type,
  status: 'True',
  reason,
  message,
});

export const job = (status: V1Job['status'] = {}): V1Job => ({ metadata: { uid: 'job-uid' }, status });
