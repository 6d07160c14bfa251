import type { V1Container, V1Job, V1PodSpec } from '@kubernetes/client-node';
import type { KubernetesCoordinator, KubernetesSite } from '../../campaign/fleet-spec.ts';
import type { Ns } from '../../time/ns.ts';
import type { InsideOrder } from '../inside-place.ts';
import { coordinatorAnnotations, coordinatorLabels, coordinatorName } from './attempt-name.ts';
import { PRODUCT_LABEL } from './gpu-nodes.ts';
import type { OwningJob } from './job-manifest.ts';
import {
  CONTAINER_SECURITY,
  nodeAffinity,
  POD_SECURITY,
  queueLabels,
  resources,
  siteFields,
  WRITABLE,
  wholeSeconds,
} from './pod-shape.ts';
import { roomArgv } from './room/room-arguments.ts';

export const COORDINATOR_CONTAINER = 'coordinator';
/** Name of the port of its room. */
export const ROOM_PORT = 'room';

/** As the project's images have it. */
const COMMAND = ['node', '/opt/loadcell/dist/engines/kubernetes/room/main.js'];
const ROOM = '/work/room';
/** What a coordinator is given where nothing is said of it. */
const USUAL = { cpu: '1', memory: '1Gi' };
/** Within which a run has been handed over, whatever it holds. */
const HANDOVER_S = 3600;
/** How long a Job that is over stays, for whoever looks for its reasons. */
const KEPT_S = 600;
/** Seconds from SIGTERM to SIGKILL: it drains, and whoever follows it fetches what there is. */
const GRACE_S = 60;
/** Where the coordinator is told which Job it is of, that owns what it makes. */
const OWNER_NAME = 'LOADCELL_OWNER_JOB';
const OWNER_UID = 'LOADCELL_OWNER_UID';

export interface CoordinatorOrder {
  readonly order: InsideOrder;
  readonly site: KubernetesSite;
  readonly coordinator: KubernetesCoordinator;
  /** As the cluster knows whoever submits. */
  readonly user: string;
  /** How long the run waits for its places. */
  readonly queueNs: Ns;
  /** SHA-256 of what the room is to be asked with, lowercase hexadecimal. */
  readonly tokenDigest: string;
}

/** The Job of a coordinator inside the cluster: one pod, which keeps its room. Nothing is tried again. */
export function coordinatorManifest(wanted: CoordinatorOrder): V1Job {
  const { order, site, user, queueNs } = wanted;
  const labels = { ...site.labels, ...coordinatorLabels(order.runId, user) };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: coordinatorName(order.runId),
      labels: { ...labels, ...queueLabels(site) },
      annotations: coordinatorAnnotations(order.runId),
    },
    spec: {
      completionMode: 'Indexed',
      completions: 1,
      parallelism: 1,
      backoffLimit: 0,
      podReplacementPolicy: 'Failed',
      ttlSecondsAfterFinished: KEPT_S,
      activeDeadlineSeconds: wholeSeconds(queueNs) + lifeSeconds(wanted),
      ...(site.queue === null ? {} : { suspend: true }),
      template: { metadata: { labels }, spec: podSpec(wanted) },
    },
  };
}

/** Of the pod: handed over, run and kept. Its own process ends each of them sooner. */
const lifeSeconds = ({ order, coordinator }: CoordinatorOrder): number =>
  HANDOVER_S + wholeSeconds(order.stayNs) + wholeSeconds(coordinator.keepNs);

function podSpec(wanted: CoordinatorOrder): V1PodSpec {
  const { order, site, coordinator } = wanted;
  return {
    ...siteFields(site, coordinator.serviceAccount),
    restartPolicy: 'Never',
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: GRACE_S,
    activeDeadlineSeconds: lifeSeconds(wanted),
    affinity: {
      nodeAffinity: {
        ...nodeAffinity(order.instance),
        // Beside an agent it takes what that measures with.
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 100, preference: { matchExpressions: [{ key: PRODUCT_LABEL, operator: 'DoesNotExist' }] } },
        ],
      },
    },
    securityContext: POD_SECURITY,
    containers: [container(wanted)],
    volumes: [{ name: 'room', emptyDir: {} }, ...WRITABLE.volumes],
  };
}

/** The kubelet puts in what stands in `$( )`. */
function container({ order, coordinator, tokenDigest }: CoordinatorOrder): V1Container {
  const { requests, limits } = resources(order.instance);
  const ofJob = (label: string) => ({
    fieldRef: { fieldPath: `metadata.labels['batch.kubernetes.io/${label}']` },
  });
  return {
    name: COORDINATOR_CONTAINER,
    image: coordinator.image,
    imagePullPolicy: 'IfNotPresent',
    command: [...(coordinator.command ?? COMMAND)],
    args: [
      ...roomArgv({
        folder: ROOM,
        runId: order.runId,
        tokenDigest,
        port: coordinator.port,
        advertise: '$(POD_IP)',
        staySeconds: wholeSeconds(order.stayNs),
        keepSeconds: wholeSeconds(coordinator.keepNs),
      }),
    ],
    env: [
      { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: OWNER_NAME, valueFrom: ofJob('job-name') },
      { name: OWNER_UID, valueFrom: ofJob('controller-uid') },
    ],
    ports: [{ name: ROOM_PORT, containerPort: coordinator.port }],
    resources: { requests: { ...USUAL, ...requests }, limits: limits ?? {} },
    securityContext: CONTAINER_SECURITY,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [{ name: 'room', mountPath: ROOM }, ...WRITABLE.mounts],
  };
}

/** The Job of the coordinator whose pod this environment is of; null: of none. */
export function owningJob(env: Readonly<Record<string, string | undefined>>): OwningJob | null {
  const { [OWNER_NAME]: name, [OWNER_UID]: uid } = env;
  return name === undefined || uid === undefined ? null : { name, uid };
}
