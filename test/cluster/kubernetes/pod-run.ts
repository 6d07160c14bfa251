import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  CoreV1Api,
  V1ContainerState,
  V1ContainerStatus,
  V1Pod,
  V1PodCondition,
  V1PodStatus,
} from '@kubernetes/client-node';
import { NODE_ADDRESS, POD_ADDRESS } from './addresses.ts';
import { type Image, RunningContainer } from './container.ts';
import { type MountedVolume, PodVolumes } from './pod-volumes.ts';
import { deletePodNow, patchPodStatus, sentenceOf } from './requests.ts';

/** Of a pod that does not say how long its containers may take to end. */
const DEFAULT_GRACE_S = 30;
/** What is kept of the log of a container that failed, where the pod wants that. */
const LAST_WORDS_BYTES = 2048;

const VOLUMES_WITHIN_MS = 30_000;
const AGAIN_MS = 200;

/** What a node lends to its pods. */
export interface PodHost {
  readonly core: CoreV1Api;
  /** Holds a folder for each pod. */
  readonly folder: string;
  readonly images: ReadonlyMap<string, Image>;
  /** Path of the `nvidia-smi` of containers with GPUs. */
  readonly driver: string;
  /** What every container is told in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Numbers of free GPUs, taken; null: there are not as many. */
  takeGpus(count: number): readonly number[] | null;
  giveGpus(gpus: readonly number[]): void;
  /** Whether anybody hears what happens here. */
  readonly isAlive: () => boolean;
}

interface Fate {
  readonly reason: string;
  readonly message: string;
  readonly condition?: V1PodCondition;
}

/** One pod on its node, from its binding to its end. */
export class PodRun {
  readonly #host: PodHost;
  #pod: V1Pod;
  #container: RunningContainer | null = null;
  #started = new Date();
  #gpus: readonly number[] = [];
  #fate: Fate | null = null;
  #life: 'running' | 'ending' | 'ended' = 'running';

  constructor(host: PodHost, pod: V1Pod) {
    this.#host = host;
    this.#pod = pod;
  }

  is(namespace: string, name: string): boolean {
    return this.#pod.metadata?.namespace === namespace && this.#pod.metadata.name === name;
  }

  get logFile(): string {
    return join(this.#folder, 'log');
  }

  /** Resolves when it has ended and was told to have. */
  async live(): Promise<void> {
    const [container] = this.#pod.spec?.containers ?? [];
    const gpus = this.#host.takeGpus(Number(container?.resources?.limits?.['nvidia.com/gpu'] ?? 0));
    if (gpus === null) return this.#refuse('UnexpectedAdmissionError', 'the node has no GPUs left');
    this.#gpus = gpus;
    try {
      await this.#run();
    } catch (error) {
      await this.#refuse('CreateContainerError', sentenceOf(error));
    } finally {
      this.#giveGpusBack();
    }
  }

  /** Something about the pod has changed. */
  heard(pod: V1Pod): void {
    this.#pod = pod;
    if (pod.metadata?.deletionTimestamp === undefined) return;
    this.#end(pod.metadata.deletionGracePeriodSeconds ?? DEFAULT_GRACE_S);
  }

  /** The pod is gone from the API: nothing of it stays. */
  forget(): void {
    this.#end(0);
  }

  /** The node came back without it. */
  lost(): Promise<void> {
    return this.#refuse('ContainerStatusUnknown', 'the node was started again and has no container of this pod');
  }

  /** As a node does that has run short of something. */
  evict(message: string): void {
    const condition: V1PodCondition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'TerminationByKubelet',
      message,
      lastTransitionTime: new Date(),
    };
    this.#fate = { reason: 'Evicted', message, condition };
    this.#end(0);
  }

  async #run(): Promise<void> {
    const { images, env, driver } = this.#host;
    const [container, ...others] = this.#pod.spec?.containers ?? [];
    if (container === undefined || others.length > 0) throw new Error('the test kubelet runs pods of one container');
    const image = images.get(container.image ?? '');
    if (image === undefined) return this.#waitForImage(container.image ?? '');
    const volumes = await this.#volumes();
    if (this.#life !== 'running') return this.#gone();
    const spec = { pod: this.#pod, container, image, volumes, gpus: this.#gpus, driver, env, folder: this.#folder };
    this.#container = new RunningContainer(spec);
    this.#started = new Date();
    await this.#tell({ phase: 'Running', state: { running: { startedAt: this.#started } } });
    const deadline = this.#watchDeadline();
    const exitCode = await this.#container.ended;
    clearTimeout(deadline);
    this.#life = 'ended';
    // Before anybody hears of the end: the scheduler gives them to the next pod at once.
    this.#giveGpusBack();
    const keepsWords = exitCode !== 0 && container.terminationMessagePolicy === 'FallbackToLogsOnError';
    const terminated = {
      exitCode,
      ...(keepsWords ? { message: readFileSync(this.logFile).subarray(-LAST_WORDS_BYTES).toString() } : {}),
      reason: exitCode === 0 ? 'Completed' : 'Error',
      startedAt: this.#started,
      finishedAt: new Date(),
    };
    const phase = exitCode === 0 && this.#fate === null ? 'Succeeded' : 'Failed';
    await this.#tell({ phase, state: { terminated } });
    await this.#gone();
  }

  /** What a volume is made of may come later than the pod: it is looked for again. */
  async #volumes(): Promise<ReadonlyMap<string, MountedVolume>> {
    const folder = join(this.#folder, 'volumes');
    for (const until = performance.now() + VOLUMES_WITHIN_MS; ; ) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      try {
        return await new PodVolumes(this.#host.core, this.#pod, folder).layOut();
      } catch (error) {
        if (this.#life !== 'running' || performance.now() >= until) throw error;
        await delay(AGAIN_MS);
      }
    }
  }

  #giveGpusBack(): void {
    this.#host.giveGpus(this.#gpus);
    this.#gpus = [];
  }

  /** Undefined: the pod may stay as long as it likes. */
  #watchDeadline(): NodeJS.Timeout | undefined {
    const { activeDeadlineSeconds: most, terminationGracePeriodSeconds: grace } = this.#pod.spec ?? {};
    if (most === undefined) return undefined;
    return setTimeout(() => {
      this.#fate = {
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      };
      this.#end(grace ?? DEFAULT_GRACE_S);
    }, most * 1000).unref();
  }

  /** It waits for ever: nobody brings the image. */
  async #waitForImage(image: string): Promise<void> {
    const message = `Back-off pulling image "${image}"`;
    await this.#tell({ phase: 'Pending', state: { waiting: { reason: 'ImagePullBackOff', message } } });
  }

  async #refuse(reason: string, message: string): Promise<void> {
    this.#life = 'ended';
    this.#fate = { reason, message };
    await this.#tell({ phase: 'Failed', state: null });
    await this.#gone();
  }

  #end(graceSeconds: number): void {
    if (this.#life === 'ended') {
      this.#gone().catch(() => {});
      return;
    }
    const isFirst = this.#life === 'running';
    this.#life = 'ending';
    if (this.#container === null) {
      this.#gone().catch(() => {});
      return;
    }
    if (isFirst && graceSeconds > 0) this.#container.signal('SIGTERM');
    setTimeout(() => this.#container?.signal('SIGKILL'), graceSeconds * 1000).unref();
  }

  /** What was asked to go goes from the API once nothing of it is left on the node. */
  async #gone(): Promise<void> {
    if (this.#pod.metadata?.deletionTimestamp === undefined || !this.#host.isAlive()) return;
    await deletePodNow(this.#host.core, this.#pod);
  }

  async #tell({ phase, state }: { readonly phase: string; readonly state: V1ContainerState | null }): Promise<void> {
    if (!this.#host.isAlive()) return;
    const isReady = state?.running !== undefined;
    const status: V1PodStatus = {
      phase,
      hostIP: NODE_ADDRESS,
      podIP: POD_ADDRESS,
      podIPs: [{ ip: POD_ADDRESS }],
      startTime: this.#started,
      conditions: [...conditionsOf(isReady), ...(this.#fate?.condition === undefined ? [] : [this.#fate.condition])],
      containerStatuses: state === null ? [] : [this.#containerStatus(state, isReady)],
      ...(this.#fate === null ? {} : { reason: this.#fate.reason, message: this.#fate.message }),
    };
    await patchPodStatus(this.#host.core, this.#pod, status);
  }

  #containerStatus(state: V1ContainerState, isReady: boolean): V1ContainerStatus {
    const [container] = this.#pod.spec?.containers ?? [];
    const image = container?.image ?? '';
    const name = container?.name ?? '';
    return { name, image, imageID: image, ready: isReady, started: isReady, restartCount: 0, state };
  }

  get #folder(): string {
    return join(this.#host.folder, this.#pod.metadata?.uid ?? 'pod');
  }
}

const conditionsOf = (isReady: boolean): V1PodCondition[] =>
  ['Initialized', 'ContainersReady', 'Ready'].map((type) => ({
    type,
    status: type === 'Initialized' || isReady ? 'True' : 'False',
    lastTransitionTime: new Date(),
  }));
