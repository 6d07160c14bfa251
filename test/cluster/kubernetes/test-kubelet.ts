import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CoordinationV1Api,
  CoreV1Api,
  type KubeConfig,
  V1MicroTime,
  type V1Pod,
  type V1Taint,
  Watch,
} from '@kubernetes/client-node';
import { gpusOf, nvidiaSmiOf } from '../../support/fake-gpus.ts';
import { NODE_ADDRESS } from './addresses.ts';
import type { Image } from './container.ts';
import { PodLogs } from './pod-logs.ts';
import { type PodHost, PodRun } from './pod-run.ts';
import { MERGED, unlessGone } from './requests.ts';

const LEASE_EVERY_MS = 1_000;
const LEASES = 'kube-node-lease';
/** A watch is asked for again after so long. */
const WATCH_SECONDS = 60;
const AGAIN_MS = 200;
/** As NVIDIA's operator keeps other pods off nodes with GPUs. */
const GPU_TAINT: V1Taint = { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' };

export interface NodeShape {
  readonly name: string;
  readonly gpus: number;
  /** As NVIDIA's feature discovery labels it: `NVIDIA-A100-SXM4-40GB`. */
  readonly product: string;
  readonly cpus: number;
  readonly memory: string;
}

export interface KubeletOptions {
  readonly config: KubeConfig;
  readonly shape: NodeShape;
  readonly images: ReadonlyMap<string, Image>;
  /** Folder of the node. */
  readonly folder: string;
  /** To serve logs with, PEM. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer };
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A node whose pods are processes of this machine. It does what a kubelet does as far as this project's pods need it: it
 * registers a node with GPUs that are only numbers and an `nvidia-smi` that tells of them, keeps its lease, runs the pods that the scheduler binds to it, tells how
 * they are, ends those that are deleted, and serves their logs.
 */
export class TestKubelet {
  readonly #options: KubeletOptions;
  readonly #core: CoreV1Api;
  readonly #leases: CoordinationV1Api;
  readonly #runs = new Map<string, PodRun>();
  readonly #lives = new Set<Promise<void>>();
  readonly #freeGpus: number[];
  readonly #end = new AbortController();
  readonly #logs: PodLogs;
  readonly #host: PodHost;

  private constructor(options: KubeletOptions) {
    this.#options = options;
    this.#core = options.config.makeApiClient(CoreV1Api);
    this.#leases = options.config.makeApiClient(CoordinationV1Api);
    this.#freeGpus = Array.from({ length: options.shape.gpus }, (_, index) => index);
    this.#logs = new PodLogs(options.tls, (namespace, name) => this.#logOf(namespace, name));
    this.#host = {
      core: this.#core,
      folder: options.folder,
      images: options.images,
      driver: join(options.folder, 'nvidia-smi'),
      env: options.env,
      takeGpus: (count) => this.#takeGpus(count),
      giveGpus: (gpus) => this.#freeGpus.push(...gpus),
      isAlive: () => this.#isAlive,
    };
    mkdirSync(options.folder, { recursive: true });
    this.dress(options.shape.product);
  }

  /** What containers that start from now on find the GPUs to be, whatever the node's label says. */
  dress(product: string): void {
    const { gpus } = this.#options.shape;
    writeFileSync(
      this.#host.driver,
      `#!/bin/sh\n${nvidiaSmiOf(gpusOf(gpus, product.replace('NVIDIA-', 'NVIDIA ')))}\n`,
    );
  }

  /** Registers the node, or comes back as it, and resolves once pods may be bound to it. */
  static async start(options: KubeletOptions): Promise<TestKubelet> {
    const kubelet = new TestKubelet(options);
    await kubelet.#logs.listen();
    await kubelet.#register();
    await kubelet.#renewLease();
    kubelet.#keepLease().catch(() => {});
    kubelet.#followPods().catch(() => {});
    return kubelet;
  }

  /** Ends at once without a word, and leaves what it started running: a node that nobody hears of any more. */
  kill(): void {
    this.#end.abort();
    this.#logs.close();
  }

  /** Ends what runs here; the node stays registered. */
  async stop(): Promise<void> {
    this.kill();
    for (const run of this.#runs.values()) run.forget();
    await Promise.all(this.#lives);
  }

  /** Ends a pod for want of something that the node has run out of. */
  evict(uid: string, message: string): void {
    this.#runs.get(uid)?.evict(message);
  }

  get #isAlive(): boolean {
    return !this.#end.signal.aborted;
  }

  async #register(): Promise<void> {
    const { name, gpus, product, cpus, memory } = this.#options.shape;
    const ofGpus = {
      'nvidia.com/gpu.product': product,
      'nvidia.com/gpu.count': String(gpus),
      'nvidia.com/mig.strategy': 'single',
    };
    const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...(gpus > 0 ? ofGpus : {}) };
    const spec = { taints: gpus > 0 ? [GPU_TAINT] : [] };
    await unlessGone(this.#core.createNode({ body: { metadata: { name, labels }, spec } }));
    const room = { cpu: String(cpus), memory, pods: '50', 'nvidia.com/gpu': String(gpus) };
    const now = new Date();
    const ready = {
      type: 'Ready',
      status: 'True',
      reason: 'KubeletReady',
      message: 'the test kubelet is ready',
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    };
    const status = {
      capacity: room,
      allocatable: room,
      conditions: [ready],
      addresses: [
        { type: 'InternalIP', address: NODE_ADDRESS },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: this.#logs.port } },
    };
    await this.#core.patchNodeStatus({ name, body: { status } }, MERGED);
  }

  async #keepLease(): Promise<void> {
    while (this.#isAlive) {
      await delay(LEASE_EVERY_MS, undefined, { signal: this.#end.signal });
      // A renewal that fails is made good by the next one.
      await this.#renewLease().catch(() => {});
    }
  }

  async #renewLease(): Promise<void> {
    const { name } = this.#options.shape;
    const spec = { holderIdentity: name, leaseDurationSeconds: 10, renewTime: new V1MicroTime() };
    const of = { name, namespace: LEASES };
    const renewed = await unlessGone(this.#leases.patchNamespacedLease({ ...of, body: { spec } }, MERGED));
    if (renewed !== null) return;
    await this.#leases.createNamespacedLease({ namespace: LEASES, body: { metadata: { name }, spec } });
  }

  async #followPods(): Promise<void> {
    while (this.#isAlive) {
      try {
        await this.#followOnce();
      } catch {
        // The API server does not answer: its pods go on meanwhile.
        await delay(AGAIN_MS, undefined, { signal: this.#end.signal });
      }
    }
  }

  /** What is there, and what changes from there on, until the watch ends. */
  async #followOnce(): Promise<void> {
    const fieldSelector = `spec.nodeName=${this.#options.shape.name}`;
    const { items, metadata } = await this.#core.listPodForAllNamespaces({ fieldSelector });
    const there = new Set(items.map((pod) => pod.metadata?.uid));
    for (const [uid, run] of this.#runs) if (!there.has(uid)) this.#forget(uid, run);
    for (const pod of items) this.#heard(pod);
    const from = { fieldSelector, resourceVersion: metadata?.resourceVersion ?? '', timeoutSeconds: WATCH_SECONDS };
    await new Promise<void>((resolve, reject) => {
      const watch = new Watch(this.#options.config);
      const onEvent = (type: string, pod: V1Pod): void => {
        if (!this.#isAlive) return;
        const uid = pod.metadata?.uid ?? '';
        const run = this.#runs.get(uid);
        if (type === 'DELETED' && run !== undefined) this.#forget(uid, run);
        else if (type === 'ADDED' || type === 'MODIFIED') this.#heard(pod);
      };
      const asked = watch.watch('/api/v1/pods', from, onEvent, () => resolve());
      asked.then((controller) => {
        this.#end.signal.addEventListener('abort', () => controller.abort(), { once: true });
      }, reject);
    });
  }

  #heard(pod: V1Pod): void {
    const uid = pod.metadata?.uid ?? '';
    const known = this.#runs.get(uid);
    if (known === undefined) this.#takeOn(uid, pod);
    else known.heard(pod);
  }

  #takeOn(uid: string, pod: V1Pod): void {
    const run = new PodRun(this.#host, pod);
    this.#runs.set(uid, run);
    const phase = pod.status?.phase ?? '';
    if (pod.metadata?.deletionTimestamp !== undefined) run.heard(pod);
    else if (phase === 'Running') this.#keep(run.lost());
    else if (phase !== 'Succeeded' && phase !== 'Failed') this.#keep(run.live());
  }

  /** What a pod does is waited for when the kubelet stops, and harms no other pod. */
  #keep(life: Promise<void>): void {
    const kept: Promise<void> = life
      .catch(() => {})
      .then(() => {
        this.#lives.delete(kept);
      });
    this.#lives.add(kept);
  }

  #forget(uid: string, run: PodRun): void {
    this.#runs.delete(uid);
    run.forget();
  }

  #takeGpus(count: number): readonly number[] | null {
    if (count > this.#freeGpus.length) return null;
    return this.#freeGpus.splice(0, count);
  }

  #logOf(namespace: string, name: string): string | null {
    return [...this.#runs.values()].find((run) => run.is(namespace, name))?.logFile ?? null;
  }
}
