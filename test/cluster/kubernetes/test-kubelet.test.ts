import type { V1Container, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { processes } from '../../support/process-tree.ts';
import { describeCluster } from '../describe-cluster.ts';
import { whyNoKubernetes } from './control-plane.ts';
import { IMAGE, KubernetesCluster } from './kubernetes-cluster.ts';

/** What the tests on this cluster stand on: that its nodes treat pods as real ones do. */
describeCluster('kubernetes', whyNoKubernetes(), () => {
  let cluster: KubernetesCluster;
  const namespace = 'default';

  beforeAll(async () => {
    cluster = await KubernetesCluster.start({ nodes: 2, gpusPerNode: 2, cpusPerNode: 8 });
  });
  afterAll(() => cluster?.stop());
  afterEach(async () => {
    await cluster.core.deleteCollectionNamespacedPod({ namespace, gracePeriodSeconds: 0 });
    await cluster.quiet();
  });

  const podOf = (
    name: string,
    script: string,
    container: Partial<V1Container> = {},
    more: Partial<V1PodSpec> = {},
  ) => ({
    metadata: { name, labels: { group: 'test' } },
    spec: {
      restartPolicy: 'Never',
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists' }],
      containers: [{ name: 'only', image: IMAGE, command: ['/bin/sh', '-c', script], ...container }],
      ...more,
    },
  });
  const create = (pod: ReturnType<typeof podOf>): Promise<V1Pod> =>
    cluster.core.createNamespacedPod({ namespace, body: pod });
  const read = (name: string): Promise<V1Pod> => cluster.core.readNamespacedPod({ name, namespace });
  const reaches = (name: string, phase: string): Promise<void> =>
    eventually(`pod ${name} to be ${phase}`, async () => (await read(name)).status?.phase === phase);
  const isGone = async (name: string): Promise<boolean> =>
    (await cluster.pods()).every(({ metadata }) => metadata?.name !== name);
  const logOf = (name: string, tailLines?: number): Promise<string> =>
    cluster.core.readNamespacedPodLog({ name, namespace, ...(tailLines === undefined ? {} : { tailLines }) });
  const isRunning = (words: string): boolean => processes().some(({ command }) => command.includes(words));

  test('a pod runs as its own user on its own host, sees its volumes, and its log is served', async () => {
    await cluster.core.createNamespacedSecret({
      namespace,
      body: { metadata: { name: 'key' }, stringData: { word: 'open sesame' } },
    });
    const script = [
      'id -u; hostname; echo $NODE',
      'cat /run/secret/word; echo; stat -Lc "%a %g" /run/secret/word',
      'touch /spool/x && echo written; touch /y; exit 3',
    ].join('\n');
    const pod = podOf(
      'looks',
      script,
      {
        env: [{ name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
        securityContext: { readOnlyRootFilesystem: true },
        volumeMounts: [
          { name: 'key', mountPath: '/run/secret', readOnly: true },
          { name: 'spool', mountPath: '/spool' },
        ],
      },
      {
        securityContext: { runAsUser: 1234, fsGroup: 4321 },
        volumes: [
          { name: 'key', secret: { secretName: 'key', defaultMode: 0o400 } },
          { name: 'spool', emptyDir: {} },
        ],
      },
    );
    await create(pod);
    await reaches('looks', 'Failed');
    const { status, spec } = await read('looks');
    expect(status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 3 });
    expect((await logOf('looks')).split('\n')).toEqual([
      '1234',
      'looks',
      spec?.nodeName,
      'open sesame',
      '440 4321',
      'written',
      expect.stringMatching(/touch: cannot touch '\/y': Read-only file system/),
      '',
    ]);
    expect(await logOf('looks', 1)).toMatch(/^touch: /);
    await cluster.core.deleteNamespacedSecret({ name: 'key', namespace });
  });

  test('GPUs are dealt to pods, each to one, and are free again after them', async () => {
    const gpus = (count: number): Partial<V1Container> => ({ resources: { limits: { 'nvidia.com/gpu': `${count}` } } });
    const say = 'echo $CUDA_VISIBLE_DEVICES; sleep 300';
    const on = { nodeSelector: { 'kubernetes.io/hostname': 'gpu1' }, terminationGracePeriodSeconds: 1 };
    for (const name of ['one', 'two']) await create(podOf(name, say, gpus(1), on));
    for (const name of ['one', 'two']) await reaches(name, 'Running');
    const dealt = async (): Promise<string[]> =>
      [await logOf('one'), await logOf('two')].map((text) => text.trim()).sort();
    await eventually('both to have said their GPU', async () => (await dealt()).join() === '0,1');
    await create(podOf('three', say, gpus(1), on));
    await eventually(
      'the third to wait',
      async () =>
        (await read('three')).status?.conditions?.some(({ message }) =>
          /Insufficient nvidia.com\/gpu/.test(message ?? ''),
        ) === true,
    );
    await cluster.core.deleteNamespacedPod({ name: 'one', namespace });
    await reaches('three', 'Running');
  });

  test('a pod that is deleted is asked to end, then made to, and stays until nothing of it is left', async () => {
    const polite = 'trap "echo asked; sleep 0.2; exit 0" TERM; echo up; while :; do sleep 0.05; done';
    const deaf = 'trap "" TERM; echo up; sleep 4711; sleep 4711';
    await create(podOf('polite', polite, {}, { terminationGracePeriodSeconds: 20 }));
    await create(podOf('deaf', deaf, {}, { terminationGracePeriodSeconds: 1 }));
    for (const name of ['polite', 'deaf'])
      await eventually(`${name} to be up`, async () => (await logOf(name).catch(() => '')) === 'up\n');
    for (const name of ['polite', 'deaf']) await cluster.core.deleteNamespacedPod({ name, namespace });
    expect(await isGone('deaf')).toBe(false);
    await eventually('both to be gone', async () => (await isGone('polite')) && (await isGone('deaf')));
    expect(isRunning('sleep 4711')).toBe(false);
  });

  test('an image that nobody has keeps its pod waiting, and says so', async () => {
    await create(podOf('imageless', 'true', { image: 'registry.test/nobody:1' }));
    await eventually('the reason', async () => {
      const waiting = (await read('imageless')).status?.containerStatuses?.[0]?.state?.waiting;
      return waiting?.reason === 'ImagePullBackOff';
    });
  });

  test('a node that is not heard of any more is not ready, and its processes go on until it comes back', async () => {
    await create(podOf('left', 'echo up; sleep 4712', {}, { nodeSelector: { 'kubernetes.io/hostname': 'gpu2' } }));
    await reaches('left', 'Running');
    cluster.killNode('gpu2');
    await eventually('the node to be given up', async () => {
      const ready = (await cluster.node('gpu2')).status?.conditions?.find(({ type }) => type === 'Ready');
      return ready?.status === 'Unknown';
    });
    expect(isRunning('sleep 4712')).toBe(true);
    expect((await read('left')).status?.phase).toBe('Running');
    await cluster.revive('gpu2');
    await reaches('left', 'Failed');
    expect(isRunning('sleep 4712')).toBe(false);
  });

  test('an evicted pod says why it was ended', async () => {
    await create(podOf('evicted', 'echo up; sleep 300'));
    await reaches('evicted', 'Running');
    cluster.evict(await read('evicted'));
    await reaches('evicted', 'Failed');
    expect((await read('evicted')).status).toMatchObject({
      reason: 'Evicted',
      message: expect.stringMatching(/memory/),
    });
  });
});
