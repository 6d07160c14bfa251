import { readFileSync } from 'node:fs';
import type { KubernetesObject } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import type { KubernetesCluster } from './kubernetes-cluster.ts';

/** Where the project's manifests are. */
export const MANIFESTS = new URL('../../../deploy/kubernetes/', import.meta.url);

/** The manifests of one file. */
export const manifests = (file: string): readonly KubernetesObject[] =>
  parseAllDocuments(readFileSync(new URL(file, MANIFESTS), 'utf8')).map(
    (document) => document.toJS() as KubernetesObject,
  );

/** Makes them, or only has them checked; the API server refuses fields that it does not know. */
export async function createObjects(
  cluster: KubernetesCluster,
  objects: readonly KubernetesObject[],
  how: 'real' | 'trial' = 'real',
): Promise<void> {
  for (const object of objects) {
    const query = `fieldValidation=Strict${how === 'trial' ? '&dryRun=All' : ''}`;
    const { status, text } = await cluster.plane.ask(`${collectionOf(object)}?${query}`, object);
    if (status !== 201) throw new Error(text);
  }
}

export const applyManifests = (cluster: KubernetesCluster, file: string): Promise<void> =>
  createObjects(cluster, manifests(file));

/** Where the API server has objects of this kind. */
function collectionOf({ apiVersion = '', kind = '', metadata }: KubernetesObject): string {
  const plural = `${kind.toLowerCase()}s`;
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  return metadata?.namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${metadata.namespace}/${plural}`;
}
