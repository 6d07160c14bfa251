import { chownSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesObject, V1ConfigMap, V1Job, V1Pod, V1Role } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HELPFUL, HELPFUL_INSIDE, NEEDED, NEEDED_INSIDE, type Right } from '../../../src/engines/kubernetes/rights.ts';
import type { Benchmarks } from '../../../src/verdict/result.ts';
import { eventually } from '../../support/eventually.ts';
import { accountingHolds } from '../campaign-results.ts';
import { describeCluster } from '../describe-cluster.ts';
import { campaignOnKubernetes } from './campaigns.ts';
import { whyNoKubernetes } from './control-plane.ts';
import { IMAGE, KubernetesCluster } from './kubernetes-cluster.ts';
import { createObjects, MANIFESTS, manifests } from './manifests.ts';

const NAMESPACE = 'loadcell';
/** User and group of the images. */
const USER = 1000;

describeCluster('kubernetes', whyNoKubernetes(), () => {
  let cluster: KubernetesCluster;

  beforeAll(async () => {
    cluster = await KubernetesCluster.start({ nodes: 2, gpusPerNode: 2, cpusPerNode: 8, plain: 'one' });
    await create(manifests('namespace.yaml'));
    await cluster.makeNamespace(NAMESPACE);
  });
  afterAll(() => cluster?.stop());

  const create = (objects: readonly KubernetesObject[], how: 'real' | 'trial' = 'real'): Promise<void> =>
    createObjects(cluster, objects, how);
  const exists = new Set(['namespace.yaml']);

  test.each(readdirSync(MANIFESTS).filter((name) => name.endsWith('.yaml') && !exists.has(name)))(
    'the API server takes every field of %s',
    async (file) => {
      await create(manifests(file), 'trial');
    },
  );

  test('a field that it does not know would be refused', async () => {
    const [claim] = manifests('results.yaml');
    await expect(create([{ ...claim, spec: { storag: 1 } } as KubernetesObject], 'trial')).rejects.toThrow(/storag/);
  });

  const rightText = ({ verb, group, resource, subresource }: Right): string =>
    `${verb} ${group}/${[resource, subresource].filter((part) => part !== undefined).join('/')}`;
  const helpful = Object.values(HELPFUL)
    .map(({ right }): Right => right)
    .filter(({ scope }) => scope === 'namespace');

  test.each([
    ['loadcell-coordinator', [...NEEDED, ...helpful]],
    ['loadcell-inside', [...NEEDED_INSIDE, ...HELPFUL_INSIDE]],
  ])('the Role %s names what is asked for, and nothing else', (name, asked) => {
    const role = manifests('access.yaml').find(
      ({ kind, metadata }) => kind === 'Role' && metadata?.name === name,
    ) as V1Role;
    const given = (role.rules ?? []).flatMap(({ apiGroups = [], resources = [], verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((path) => verbs.map((verb) => `${verb} ${group}/${path}`))),
    );
    expect(given.sort()).toEqual(asked.map(rightText).sort());
  });

  test('a run is led from inside the cluster, under the Role alone, and its results stay on the claim', async () => {
    const results = join(cluster.plane.folder, 'results');
    mkdirSync(results);
    chownSync(results, USER, USER);
    await cluster.core.createPersistentVolume({
      body: {
        metadata: { name: 'results' },
        spec: {
          capacity: { storage: '10Gi' },
          accessModes: ['ReadWriteOnce'],
          hostPath: { path: results },
          claimRef: { namespace: NAMESPACE, name: 'loadcell-results' },
        },
      },
    });
    const [campaign] = manifests('campaign.yaml') as readonly V1ConfigMap[];
    const [job] = manifests('coordinator.yaml') as readonly V1Job[];
    const container = job?.spec?.template.spec?.containers[0];
    if (campaign === undefined || container === undefined)
      throw new Error('deploy/kubernetes has no campaign or no Job');
    campaign.data = { 'campaign.yaml': campaignOnKubernetes() };
    container.image = IMAGE;
    await create(manifests('access.yaml'));
    await create(manifests('results.yaml'));
    await create([campaign as KubernetesObject, job as KubernetesObject]);
    await eventually('the coordinator to end', hasEnded, 120_000).catch(async ({ message }: Error) => {
      throw new Error(`${message}
${await whatIsThere()}`);
    });
    const [pod] = (await cluster.pods(NAMESPACE)).filter(({ metadata }) =>
      metadata?.name?.startsWith('loadcell-coordinator'),
    );
    expect((await coordinator())?.status?.succeeded, await logOf(pod)).toBe(1);
    const [run = ''] = readdirSync(results);
    const result = JSON.parse(readFileSync(join(results, run, 'benchmarks.json'), 'utf8')) as Benchmarks;
    accountingHolds(result);
    expect(result.verdict.kind).toBe('pass');
    expect(result.nodes.map(({ id }) => id)).toHaveLength(2);
    await cluster.batch.deleteNamespacedJob({
      name: 'loadcell-coordinator',
      namespace: NAMESPACE,
      propagationPolicy: 'Foreground',
    });
    await cluster.quiet(NAMESPACE);
  });

  const coordinator = async (): Promise<V1Job | undefined> =>
    (await cluster.jobs(NAMESPACE)).find(({ metadata }) => metadata?.name === 'loadcell-coordinator');
  const hasEnded = async (): Promise<boolean> =>
    (await coordinator())?.status?.conditions?.some(({ type }) => type === 'Complete' || type === 'Failed') === true;
  /** For whoever looks why it does not end. */
  const whatIsThere = async (): Promise<string> => {
    const events = (await cluster.core.listNamespacedEvent({ namespace: NAMESPACE })).items;
    const logs = (await cluster.pods(NAMESPACE)).map((pod) => logOf(pod).catch(() => ''));
    return [...events.map(({ reason, message }) => `${reason}: ${message}`), ...(await Promise.all(logs))].join('\n');
  };
  const logOf = (pod: V1Pod | undefined): Promise<string> =>
    cluster.core.readNamespacedPodLog({ name: pod?.metadata?.name ?? '', namespace: NAMESPACE });
});
