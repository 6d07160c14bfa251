import { expect, test } from 'vitest';
import type { KubernetesSite } from '../../../../src/campaign/fleet-spec.ts';
import { ANY_INSTANCE, type Instance } from '../../../../src/campaign/instance.ts';
import { coordinatorManifest, owningJob } from '../../../../src/engines/kubernetes/coordinator-manifest.ts';
import { jobManifest } from '../../../../src/engines/kubernetes/job-manifest.ts';
import { roomArguments } from '../../../../src/engines/kubernetes/room/room-arguments.ts';
import { seconds } from '../../../../src/time/ns.ts';
import { IMAGE, KEY, ORDER, SITE } from '../../../support/kubernetes-order.ts';

const COORDINATOR = {
  image: IMAGE.replace('agent', 'coordinator'),
  command: null,
  serviceAccount: 'loadcell-coordinator',
  port: 7071,
  keepNs: seconds(3600),
};
const NAME = 'loadcell-20261122t051800z-smoke-7f3a-coordinator';

const jobOf = (instance: Partial<Instance> = {}, site: Partial<KubernetesSite> = {}) =>
  coordinatorManifest({
    order: { runId: KEY.runId, instance: { ...ANY_INSTANCE, ...instance }, stayNs: seconds(1800) },
    site: { ...SITE, ...site },
    coordinator: COORDINATOR,
    user: 'mia',
    queueNs: seconds(600),
    tokenDigest: 'd1'.repeat(32),
  });
const podOf = (...of: Parameters<typeof jobOf>) => jobOf(...of).spec?.template.spec;

test('a coordinator is one Job of one pod, found by its run and its user, that tries nothing again and goes by itself', () => {
  const { metadata, spec } = jobOf();
  expect(metadata).toEqual({
    name: NAME,
    labels: {
      'app.kubernetes.io/name': 'loadcell',
      'app.kubernetes.io/component': 'coordinator',
      'loadcell/run': KEY.runId,
      'loadcell/user': 'mia',
    },
    annotations: { 'loadcell/run': KEY.runId },
  });
  expect(spec).toMatchObject({ completions: 1, parallelism: 1, backoffLimit: 0, ttlSecondsAfterFinished: 600 });
  // Handed over within an hour, run for half an hour, kept for one; and the queue before.
  expect(spec?.template.spec?.activeDeadlineSeconds).toBe(3600 + 1800 + 3600);
  expect(spec?.activeDeadlineSeconds).toBe(3600 + 1800 + 3600 + 600);
});

test('a Job and the number of its pod have names that Kubernetes takes, however long that of the run is', () => {
  const runId = `20261122T051800Z-${'long'.repeat(30)}-7f3a`;
  const { metadata } = coordinatorManifest({
    order: { runId, instance: ANY_INSTANCE, stayNs: seconds(1) },
    site: SITE,
    coordinator: COORDINATOR,
    user: 'mia',
    queueNs: seconds(600),
    tokenDigest: '',
  });
  expect(`${metadata?.name}-0`.length).toBeLessThanOrEqual(63);
});

test('its pod is told its room, as its account, and nothing that is a secret', () => {
  const pod = podOf();
  const [container] = pod?.containers ?? [];
  expect(pod).toMatchObject({ serviceAccountName: 'loadcell-coordinator', automountServiceAccountToken: true });
  expect(container).toMatchObject({ image: COORDINATOR.image, ports: [{ name: 'room', containerPort: 7071 }] });
  expect(roomArguments(container?.args ?? [])).toEqual({
    folder: '/work/room',
    runId: KEY.runId,
    tokenDigest: 'd1'.repeat(32),
    port: 7071,
    advertise: '$(POD_IP)',
    staySeconds: 1800,
    keepSeconds: 3600,
  });
  expect(container?.volumeMounts?.map(({ mountPath }) => mountPath)).toEqual([
    '/work/room',
    '/tmp',
    '/var/cache/loadcell',
  ]);
});

test('it is given what its instance asks for, and something where that asks for nothing', () => {
  expect(podOf()?.containers[0]?.resources).toEqual({ requests: { cpu: '1', memory: '1Gi' }, limits: {} });
  const both = { cpu: '2', memory: `${2 ** 32}` };
  expect(podOf({ cpus: 2, memoryBytes: 2 ** 32 })?.containers[0]?.resources).toEqual({ requests: both, limits: both });
});

test('it keeps off nodes with GPUs where there are others', () => {
  const { nodeAffinity } = podOf()?.affinity ?? {};
  expect(nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toBeUndefined();
  expect(nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.[0]?.preference.matchExpressions).toEqual([
    { key: 'nvidia.com/gpu.product', operator: 'DoesNotExist' },
  ]);
  expect(podOf({}, { nodeSelector: { pool: 'bench' } })?.nodeSelector).toEqual({ pool: 'bench' });
});

test('what its agents are placed by belongs to its Job, which its pod knows', () => {
  const env = Object.fromEntries(
    (podOf()?.containers[0]?.env ?? []).map(({ name, valueFrom }) => [name, valueFrom?.fieldRef?.fieldPath]),
  );
  expect(env).toEqual({
    POD_IP: 'status.podIP',
    LOADCELL_OWNER_JOB: "metadata.labels['batch.kubernetes.io/job-name']",
    LOADCELL_OWNER_UID: "metadata.labels['batch.kubernetes.io/controller-uid']",
  });
  expect(owningJob({})).toBeNull();
  const owner = owningJob({ LOADCELL_OWNER_JOB: NAME, LOADCELL_OWNER_UID: 'uid-1' });
  expect(jobManifest({ ...ORDER, owner }).metadata?.ownerReferences).toEqual([
    { apiVersion: 'batch/v1', kind: 'Job', name: NAME, uid: 'uid-1' },
  ]);
});
