import { expect, test } from 'vitest';
import type { KubernetesSite } from '../../../../src/campaign/fleet-spec.ts';
import { ANY_INSTANCE, type Instance } from '../../../../src/campaign/instance.ts';
import { jobManifest, secretManifest } from '../../../../src/engines/kubernetes/job-manifest.ts';
import { seconds } from '../../../../src/time/ns.ts';
import { IMAGE, JOB, KEY, ORDER, SITE } from '../../../support/kubernetes-order.ts';

const ordered = (instance: Partial<Instance>, site: Partial<KubernetesSite> = {}, stayNs = ORDER.group.stayNs) => ({
  ...ORDER,
  site: { ...SITE, ...site },
  group: { ...ORDER.group, instance: { ...ANY_INSTANCE, ...instance }, stayNs },
});
const podOf = (...order: Parameters<typeof ordered>) => jobManifest(ordered(...order)).spec?.template.spec;
const resourcesOf = (instance: Partial<Instance>) => podOf(instance)?.containers[0]?.resources;

const labels = {
  'app.kubernetes.io/name': 'loadcell',
  'app.kubernetes.io/component': 'agent',
  'loadcell/run': KEY.runId,
  'loadcell/attempt': '2',
  'loadcell/user': 'mia',
};

test('an attempt is one Indexed Job that tries nothing again', () => {
  expect(jobManifest(ORDER)).toEqual({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: JOB,
      labels,
      annotations: { 'loadcell/run': KEY.runId, 'loadcell/attempt': '2', 'loadcell/places': '0,3' },
    },
    spec: {
      completionMode: 'Indexed',
      completions: 2,
      parallelism: 2,
      backoffLimitPerIndex: 0,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [{ action: 'FailJob', onExitCodes: { containerName: 'agent', operator: 'In', values: [64] } }],
      },
      ttlSecondsAfterFinished: 600,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 5,
          affinity: {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                {
                  topologyKey: 'kubernetes.io/hostname',
                  labelSelector: {
                    matchLabels: {
                      'app.kubernetes.io/name': 'loadcell',
                      'app.kubernetes.io/component': 'agent',
                      'loadcell/run': KEY.runId,
                    },
                  },
                },
              ],
            },
          },
          tolerations: [
            { key: 'nvidia.com/gpu', operator: 'Exists' },
            { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 },
            { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 },
          ],
          securityContext: { runAsNonRoot: true, fsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: 'agent',
              image: IMAGE,
              imagePullPolicy: 'IfNotPresent',
              command: ['node', '/opt/loadcell/dist/agent/main.js'],
              args: [
                ...['--coordinator', '10.0.0.7:7070', '--run', KEY.runId, '--attempt', '2'],
                ...['--places', '0,3', '--nth', '$(JOB_COMPLETION_INDEX)', '--node', '$(NODE_NAME)'],
                ...['--token-file', '/run/loadcell/token'],
              ],
              env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
              resources: { requests: {}, limits: {} },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'] },
                readOnlyRootFilesystem: true,
              },
              terminationMessagePolicy: 'FallbackToLogsOnError',
              volumeMounts: [
                { name: 'token', mountPath: '/run/loadcell', readOnly: true },
                { name: 'tmp', mountPath: '/tmp' },
                { name: 'cache', mountPath: '/var/cache/loadcell' },
              ],
            },
          ],
          volumes: [
            { name: 'token', secret: { secretName: JOB, defaultMode: 0o440 } },
            { name: 'tmp', emptyDir: {} },
            { name: 'cache', emptyDir: {} },
          ],
        },
      },
    },
  });
});

test('the secret of the attempt stands in a Secret that its Job owns, and nowhere else', () => {
  const secret = secretManifest(ORDER, 'uid-1');
  expect(secret.metadata).toEqual({
    name: JOB,
    labels,
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: JOB, uid: 'uid-1' }],
  });
  expect(Buffer.from(secret.data?.token ?? '', 'base64').toString()).toBe('secret of the attempt\n');
  expect(JSON.stringify(jobManifest(ORDER))).not.toContain('secret of');
});

test('GPUs are a limit, on nodes of the model', () => {
  const pod = podOf({ gpu: 'A100-SXM4-40GB', gpusPerAgent: 2 });
  expect(pod?.containers[0]?.resources).toEqual({ requests: {}, limits: { 'nvidia.com/gpu': '2' } });
  const [term] = pod?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  expect(term?.matchExpressions?.[0]).toEqual({
    key: 'nvidia.com/gpu.product',
    operator: 'In',
    values: ['NVIDIA-A100-SXM4-40GB', 'A100-SXM4-40GB'],
  });
});

test('agents with GPUs are told what these must be, and others nothing', () => {
  const expectsOf = (instance: Partial<Instance>) => {
    const args = podOf(instance)?.containers[0]?.args ?? [];
    const at = args.indexOf('--expects');
    return at === -1 ? null : JSON.parse(args[at + 1] ?? '');
  };
  expect(expectsOf({ gpu: 'A100-SXM4-40GB', gpusPerAgent: 2, gpuFreeBytes: 2 ** 30 })).toEqual({
    gpu: 'A100-SXM4-40GB',
    count: 2,
    freeBytes: 2 ** 30,
    clockMHz: null,
  });
  expect(expectsOf({ gpuResource: 'nvidia.com/mig-3g.20gb', gpusPerAgent: 1 })).toMatchObject({ gpu: 'MIG 3g.20gb' });
  expect(expectsOf({})).toBeNull();
});

test('processors are limited where they may be the pod’s own, and never by a quota alone', () => {
  expect(resourcesOf({ cpus: 8 })).toEqual({ requests: { cpu: '8' }, limits: {} });
  const both = { cpu: '8', memory: `${32 * 2 ** 30}` };
  expect(resourcesOf({ cpus: 8, memoryBytes: 32 * 2 ** 30 })).toEqual({ requests: both, limits: both });
  const memory = { memory: '1000' };
  expect(resourcesOf({ memoryBytes: 999.5 })).toEqual({ requests: memory, limits: memory });
});

test('an agent stays as long as it may, and its Job that much longer than the run waits for places', () => {
  const job = jobManifest(ordered({}, {}, seconds(90.5)));
  expect(job.spec?.template.spec?.activeDeadlineSeconds).toBe(91);
  expect(job.spec?.activeDeadlineSeconds).toBe(691);
});

test('what a site says stands in the Job', () => {
  const job = jobManifest(
    ordered(
      {},
      {
        command: ['loadcell-agent'],
        imagePullSecrets: ['registry'],
        serviceAccount: 'agents',
        labels: { team: 'vision' },
        nodeSelector: { pool: 'bench' },
        tolerations: [{ key: 'dedicated', operator: 'Exists' }],
        priorityClass: 'high',
        runtimeClass: 'nvidia',
        queue: 'vision',
        spread: 'none',
      },
    ),
  );
  expect(job.metadata?.labels).toEqual({ ...labels, team: 'vision', 'kueue.x-k8s.io/queue-name': 'vision' });
  expect(job.spec?.suspend).toBe(true);
  expect(job.spec?.template.metadata?.labels).toEqual({ ...labels, team: 'vision' });
  const pod = job.spec?.template.spec;
  expect(pod).toMatchObject({
    imagePullSecrets: [{ name: 'registry' }],
    serviceAccountName: 'agents',
    nodeSelector: { pool: 'bench' },
    priorityClassName: 'high',
    runtimeClassName: 'nvidia',
    affinity: {},
  });
  expect(pod?.affinity).toEqual({});
  expect(pod?.tolerations?.at(-1)).toEqual({ key: 'dedicated', operator: 'Exists' });
  expect(pod?.containers[0]?.command).toEqual(['loadcell-agent']);
});
