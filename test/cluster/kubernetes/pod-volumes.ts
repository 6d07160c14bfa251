import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CoreV1Api, V1KeyToPath, V1Pod, V1ProjectedVolumeSource, V1Volume } from '@kubernetes/client-node';
import { NODE_ADDRESS, POD_ADDRESS } from './addresses.ts';

/** Who may read what a volume holds, where nothing else is said. */
const DEFAULT_MODE = 0o644;
const ACCOUNT_TOKEN_SECONDS = 3600;
/** Kept for the next pod of a node, as no kubelet would: or else every pod would calibrate anew, for eight seconds. */
const KEPT = 'cache';

/** A volume as a folder of this machine. */
export interface MountedVolume {
  readonly folder: string;
  readonly access: 'ro' | 'rw';
}

interface File {
  readonly path: string;
  readonly content: Buffer;
  readonly mode: number;
}

/** Lays out the volumes of a pod below `folder`, as a kubelet does. Rejects with a sentence where one cannot be had. */
export class PodVolumes {
  readonly #core: CoreV1Api;
  readonly #pod: V1Pod;
  readonly #folder: string;

  constructor(core: CoreV1Api, pod: V1Pod, folder: string) {
    this.#core = core;
    this.#pod = pod;
    this.#folder = folder;
  }

  async layOut(): Promise<ReadonlyMap<string, MountedVolume>> {
    const found = new Map<string, MountedVolume>();
    for (const volume of this.#pod.spec?.volumes ?? []) found.set(volume.name, await this.#volume(volume));
    return found;
  }

  async #volume(volume: V1Volume): Promise<MountedVolume> {
    const { secret, configMap, projected, emptyDir, persistentVolumeClaim: claim } = volume;
    const folder = join(this.#folder, volume.name);
    if (emptyDir !== undefined) return this.#empty(volume.name === KEPT ? this.#kept : folder);
    if (claim !== undefined) return { folder: await this.#claimed(claim.claimName), access: 'rw' };
    if (secret !== undefined) {
      const files = await this.#secret(secret.secretName ?? '', secret.items, secret.defaultMode);
      return this.#files(folder, files);
    }
    if (configMap !== undefined) {
      const files = await this.#configMap(configMap.name ?? '', configMap.items, configMap.defaultMode);
      return this.#files(folder, files);
    }
    if (projected !== undefined) return this.#files(folder, await this.#projected(projected));
    throw new Error(`volume ${volume.name} is of a kind that the test kubelet does not have`);
  }

  #empty(folder: string): MountedVolume {
    mkdirSync(folder, { recursive: true });
    const group = this.#pod.spec?.securityContext?.fsGroup;
    if (group !== undefined) chownSync(folder, 0, group);
    chmodSync(folder, group === undefined ? 0o777 : 0o2777);
    return { folder, access: 'rw' };
  }

  /** Files lie in a folder of their own behind a link, so that all of them can change at once. */
  #files(folder: string, files: readonly File[]): MountedVolume {
    const data = join(folder, '..1');
    mkdirSync(data, { recursive: true });
    symlinkSync('..1', join(folder, '..data'));
    const group = this.#pod.spec?.securityContext?.fsGroup;
    for (const { path, content, mode } of files) {
      const file = join(data, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      // The group of the pod's volumes may read what is in them.
      if (group !== undefined) chownSync(file, 0, group);
      chmodSync(file, group === undefined ? mode : mode | 0o440);
    }
    for (const name of readdirSync(data)) symlinkSync(join('..data', name), join(folder, name));
    return { folder, access: 'ro' };
  }

  async #secret(name: string, items?: readonly V1KeyToPath[], mode = DEFAULT_MODE): Promise<File[]> {
    const { data = {} } = await this.#core.readNamespacedSecret({ name, namespace: this.#namespace });
    const contents = Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const);
    return picked(new Map(contents), items, mode, `secret ${name}`);
  }

  async #configMap(name: string, items?: readonly V1KeyToPath[], mode = DEFAULT_MODE): Promise<File[]> {
    const { data = {} } = await this.#core.readNamespacedConfigMap({ name, namespace: this.#namespace });
    const contents = Object.entries(data).map(([key, text]) => [key, Buffer.from(text)] as const);
    return picked(new Map(contents), items, mode, `config map ${name}`);
  }

  async #projected({ sources = [], defaultMode = DEFAULT_MODE }: V1ProjectedVolumeSource): Promise<File[]> {
    const files: File[] = [];
    for (const { serviceAccountToken, configMap, secret, downwardAPI } of sources) {
      if (serviceAccountToken !== undefined) {
        const content = Buffer.from(await this.#accountToken());
        files.push({ path: serviceAccountToken.path, content, mode: defaultMode });
      }
      if (configMap !== undefined)
        files.push(...(await this.#configMap(configMap.name ?? '', configMap.items, defaultMode)));
      if (secret !== undefined) files.push(...(await this.#secret(secret.name ?? '', secret.items, defaultMode)));
      for (const { path, fieldRef } of downwardAPI?.items ?? [])
        files.push({ path, content: Buffer.from(fieldOf(this.#pod, fieldRef?.fieldPath ?? '')), mode: defaultMode });
    }
    return files;
  }

  /** Good while the pod is there. */
  async #accountToken(): Promise<string> {
    const { name = '', uid } = this.#pod.metadata ?? {};
    const answer = await this.#core.createNamespacedServiceAccountToken({
      name: this.#pod.spec?.serviceAccountName ?? 'default',
      namespace: this.#namespace,
      body: {
        spec: {
          audiences: [],
          expirationSeconds: ACCOUNT_TOKEN_SECONDS,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, ...(uid === undefined ? {} : { uid }) },
        },
      },
    });
    return answer.status?.token ?? '';
  }

  /** Folder of this machine that a claim is bound to. */
  async #claimed(name: string): Promise<string> {
    const claim = await this.#core.readNamespacedPersistentVolumeClaim({ name, namespace: this.#namespace });
    const bound = claim.spec?.volumeName;
    if (bound === undefined) throw new Error(`claim ${name} is not bound to a volume`);
    const { spec } = await this.#core.readPersistentVolume({ name: bound });
    const path = spec?.hostPath?.path;
    if (path === undefined || !statSync(path).isDirectory())
      throw new Error(`volume ${bound} is no folder of this machine`);
    return path;
  }

  get #kept(): string {
    return join(tmpdir(), `cache-of-${this.#pod.spec?.nodeName}`);
  }

  get #namespace(): string {
    return this.#pod.metadata?.namespace ?? 'default';
  }
}

function picked(
  contents: ReadonlyMap<string, Buffer>,
  items: readonly V1KeyToPath[] | undefined,
  defaultMode: number,
  of: string,
): File[] {
  const all = [...contents.keys()].map((key): V1KeyToPath => ({ key, path: key }));
  return (items ?? all).map(({ key, path, mode = defaultMode }) => {
    const content = contents.get(key);
    if (content === undefined) throw new Error(`${of} has no key ${key}`);
    return { path, content, mode };
  });
}

/** What a field of a pod is, by its path in the API. Throws where the test kubelet does not know it. */
export function fieldOf(pod: V1Pod, path: string): string {
  const { metadata = {}, spec } = pod;
  const [, table, key = ''] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
  if (table === 'labels') return metadata.labels?.[key] ?? '';
  if (table === 'annotations') return metadata.annotations?.[key] ?? '';
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec?.nodeName,
    'spec.serviceAccountName': spec?.serviceAccountName,
    'status.podIP': POD_ADDRESS,
    'status.hostIP': NODE_ADDRESS,
  };
  const value = fields[path];
  if (value === undefined) throw new Error(`the test kubelet does not know the field ${path}`);
  return value;
}
