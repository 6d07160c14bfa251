import type { KubernetesSite } from '../../src/campaign/fleet-spec.ts';
import { ANY_INSTANCE } from '../../src/campaign/instance.ts';
import type { JobOrder } from '../../src/engines/kubernetes/job-manifest.ts';
import { seconds } from '../../src/time/ns.ts';

export const IMAGE = `registry.example/loadcell-agent@sha256:${'a1'.repeat(32)}`;

/** A site that says nothing but its image. */
export const SITE: KubernetesSite = {
  context: null,
  namespace: null,
  image: IMAGE,
  command: null,
  imagePullSecrets: [],
  serviceAccount: null,
  labels: {},
  nodeSelector: {},
  tolerations: [],
  priorityClass: null,
  runtimeClass: null,
  queue: null,
  spread: 'nodes',
  nodes: 'fixed',
  coordinator: null,
};

export const KEY = { runId: '20261122T051800Z-smoke-7f3a', attempt: 2 };
export const JOB = 'loadcell-20261122t051800z-smoke-7f3a-2';

/** An order of two agents that may run on anything. */
export const ORDER: JobOrder = {
  group: {
    runId: KEY.runId,
    indices: [0, 3],
    coordinator: '10.0.0.7:7070',
    token: 'secret of the attempt',
    instance: ANY_INSTANCE,
    stayNs: null,
  },
  key: KEY,
  site: SITE,
  user: 'mia',
  queueNs: seconds(600),
  owner: null,
};
