import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  RbacAuthorizationV1Api,
  type V1Job,
  type V1Node,
  type V1Pod,
} from '@kubernetes/client-node';
import { eventually } from '../../support/eventually.ts';
import type { Image } from './container.ts';
import { ControlPlane } from './control-plane.ts';
import { MERGED, unlessGone } from './requests.ts';
import { type NodeShape, TestKubelet } from './test-kubelet.ts';

/** The image that a registry would hold: this checkout. */
export const IMAGE = `registry.test/loadcell-agent@sha256:${'0'.repeat(64)}`;
const CHECKOUT: Image = {
  folder: fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, ''),
  entrypoint: ['loadcell'],
  command: ['agent', '--join', '/run/loadcell/join', '--wait', '10m', '--metrics', '127.0.0.1:9465'],
  env: { NODE_ENV: 'production', XDG_CACHE_HOME: '/var/cache/loadcell' },
  user: 1000,
  workingFolder: '/work',
};

export interface ClusterShape {
  readonly nodes: number;
  readonly gpusPerNode: number;
  readonly cpusPerNode: number;
  /** Whether there is a node without GPUs beside them, for pods that do not bear the taint of those; absent: none. */
  readonly plain?: 'one';
}

/** A real Kubernetes on loopback, with nodes whose pods are processes of this machine and whose A100s are numbers. */
export class KubernetesCluster {
  readonly plane: ControlPlane;
  readonly nodes: readonly string[];
  readonly core: CoreV1Api;
  readonly batch: BatchV1Api;
  readonly #config = new KubeConfig();
  readonly #shapes: ReadonlyMap<string, NodeShape>;
  readonly #kubelets = new Map<string, TestKubelet>();

  private constructor(plane: ControlPlane, { nodes, gpusPerNode, cpusPerNode, plain }: ClusterShape) {
    this.plane = plane;
    this.#config.loadFromFile(plane.admin);
    this.core = this.#config.makeApiClient(CoreV1Api);
    this.batch = this.#config.makeApiClient(BatchV1Api);
    const product = 'NVIDIA-A100-SXM4-40GB';
    const shapes = Array.from({ length: nodes }, (_, index): NodeShape => {
      return { name: `gpu${index + 1}`, gpus: gpusPerNode, product, cpus: cpusPerNode, memory: '16Gi' };
    });
    if (plain === 'one') shapes.push({ name: 'plain', gpus: 0, product: '', cpus: cpusPerNode, memory: '16Gi' });
    this.#shapes = new Map(shapes.map((shape) => [shape.name, shape]));
    this.nodes = [...this.#shapes.keys()];
  }

  /** Brings one up and resolves once its nodes take pods. */
  static async start(shape: ClusterShape): Promise<KubernetesCluster> {
    const cluster = new KubernetesCluster(await ControlPlane.start(), shape);
    try {
      for (const node of cluster.nodes) await cluster.#startNode(node);
      for (const node of cluster.nodes) await cluster.#ready(node);
      return cluster;
    } catch (error) {
      const logs = cluster.plane.logs();
      await cluster.stop();
      throw new Error(`${error instanceof Error ? error.message : error}\n${logs}`);
    }
  }

  /** Of somebody who may do everything. */
  get kubeconfig(): string {
    return this.plane.admin;
  }

  /** Path of a kubeconfig of a service account, who may do what its roles say. */
  async kubeconfigOf(serviceAccount: string, namespace: string): Promise<string> {
    const body = { spec: { audiences: [], expirationSeconds: 3600 } };
    const answer = await this.core.createNamespacedServiceAccountToken({ name: serviceAccount, namespace, body });
    const path = join(this.plane.folder, `${namespace}-${serviceAccount}.kubeconfig`);
    writeFileSync(path, this.plane.kubeconfig(answer.status?.token ?? '', namespace), { mode: 0o600 });
    return path;
  }

  /** A service account with Roles of its namespace. */
  async makeAccount(name: string, namespace: string, roles: readonly string[]): Promise<void> {
    await this.core.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
    const access = this.#config.makeApiClient(RbacAuthorizationV1Api);
    for (const role of roles) {
      await access.createNamespacedRoleBinding({
        namespace,
        body: {
          metadata: { name: `${name}-${role}` },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role },
          subjects: [{ kind: 'ServiceAccount', name, namespace }],
        },
      });
    }
  }

  /** A namespace whose pods have an identity. */
  async makeNamespace(name: string): Promise<void> {
    await unlessGone(this.core.createNamespace({ body: { metadata: { name } } }));
    await eventually(
      `the service account of ${name}`,
      async () =>
        (await unlessGone(this.core.readNamespacedServiceAccount({ name: 'default', namespace: name }))) !== null,
    );
  }

  async jobs(namespace = 'default'): Promise<readonly V1Job[]> {
    return (await this.batch.listNamespacedJob({ namespace })).items;
  }

  async pods(namespace = 'default'): Promise<readonly V1Pod[]> {
    return (await this.core.listNamespacedPod({ namespace })).items;
  }

  async secrets(namespace = 'default'): Promise<readonly string[]> {
    return (await this.core.listNamespacedSecret({ namespace })).items.map(({ metadata }) => metadata?.name ?? '');
  }

  node(name: string): Promise<V1Node> {
    return this.core.readNode({ name });
  }

  /** Ends a pod as its node would that has run short of memory. */
  evict(pod: V1Pod): void {
    const { uid = '' } = pod.metadata ?? {};
    this.#kubelets.get(pod.spec?.nodeName ?? '')?.evict(uid, 'The node was low on resource: memory.');
  }

  /** Takes every GPU of every node; resolves once it has, with what gives them back. */
  async occupy(): Promise<() => Promise<void>> {
    const namespace = 'somebody-else';
    await this.makeNamespace(namespace);
    const shapes = [...this.#shapes.values()].filter(({ gpus }) => gpus > 0);
    for (const { name: node, gpus } of shapes) {
      const container = {
        name: 'busy',
        image: IMAGE,
        command: ['sleep', '600'],
        resources: { limits: { 'nvidia.com/gpu': String(gpus) } },
      };
      const spec = {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 1,
        nodeSelector: { 'kubernetes.io/hostname': node },
        tolerations: [{ operator: 'Exists' }],
        containers: [container],
      };
      await this.core.createNamespacedPod({ namespace, body: { metadata: { name: `busy-${node}` }, spec } });
    }
    const running = async (): Promise<boolean> =>
      (await this.pods(namespace)).filter(({ status }) => status?.phase === 'Running').length === shapes.length;
    await eventually('every GPU to be taken', running);
    return async () => {
      await this.core.deleteCollectionNamespacedPod({ namespace });
      await eventually('every GPU to be free', async () => (await this.pods(namespace)).length === 0);
    };
  }

  /** Lets a node keep its pods and take no others. */
  cordon(name: string): Promise<void> {
    return this.#setUnschedulable(name, 'cordoned');
  }

  uncordon(name: string): Promise<void> {
    return this.#setUnschedulable(name, 'open');
  }

  /** Has a node's GPUs be of this product (`NVIDIA-A100-SXM4-80GB`) and not of the one that its label names. */
  dress(node: string, product: string): void {
    this.#kubeletOf(node).dress(product);
  }

  /** Ends a node's kubelet without a word and leaves its pods' processes alive. */
  killNode(name: string): void {
    this.#kubeletOf(name).kill();
  }

  /** Starts a node again that was killed: what ran there is gone. */
  async revive(name: string): Promise<void> {
    await this.#kubeletOf(name).stop();
    await this.#startNode(name);
    await this.#ready(name);
  }

  /** Waits until nobody holds a place or looks for one, and nothing of anybody is left; throws where a node is away. */
  async quiet(namespace = 'default'): Promise<void> {
    await eventually('no job', async () => (await this.jobs(namespace)).length === 0);
    await eventually('no pod', async () => (await this.pods(namespace)).length === 0);
    await eventually('no secret', async () => (await this.secrets(namespace)).length === 0);
    for (const node of this.nodes) await this.#ready(node);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#kubelets.values()].map((kubelet) => kubelet.stop()));
    await this.plane.stop();
  }

  async #setUnschedulable(name: string, to: 'cordoned' | 'open'): Promise<void> {
    await this.core.patchNode({ name, body: { spec: { unschedulable: to === 'cordoned' } } }, MERGED);
  }

  async #startNode(name: string): Promise<void> {
    const shape = this.#shapes.get(name);
    if (shape === undefined) throw new Error(`no node ${name}`);
    const folder = join(this.plane.folder, 'nodes', name);
    mkdirSync(folder, { recursive: true });
    const [, host = '', port = ''] = /^https:\/\/(.+):(\d+)$/.exec(this.plane.server) ?? [];
    const kubelet = await TestKubelet.start({
      config: this.#config,
      shape,
      folder,
      images: new Map([[IMAGE, CHECKOUT]]),
      tls: this.plane.pki.valid,
      env: { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port },
    });
    this.#kubelets.set(name, kubelet);
  }

  #kubeletOf(name: string): TestKubelet {
    const kubelet = this.#kubelets.get(name);
    if (kubelet === undefined) throw new Error(`no node ${name}`);
    return kubelet;
  }

  async #ready(name: string): Promise<void> {
    await eventually(`node ${name} to take pods`, async () => {
      const { spec, status } = await this.node(name);
      const isReady = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
      return isReady && (spec?.taints ?? []).every(({ key }) => !key.startsWith('node.kubernetes.io/'));
    });
  }
}
