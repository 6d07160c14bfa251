import { setTimeout as delay } from 'node:timers/promises';
import {
  ApiException,
  type CoreV1Api,
  PatchStrategy,
  setHeaderOptions,
  type V1Pod,
  type V1PodStatus,
} from '@kubernetes/client-node';

/** What a patch of a status is: lists of conditions are merged by their type. */
export const MERGED = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);

/** `null` where what was asked for is not there, or is another one of the same name by now. */
export async function unlessGone<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiException && (error.code === 404 || error.code === 409)) return null;
    throw error;
  }
}

/** How long a node goes on saying what the API server does not take in. */
const PERSIST_MS = 30_000;
const AGAIN_MS = 200;

/** Asks again while the API server fails or does not answer; what it refuses is refused. */
async function persistently<T>(ask: () => Promise<T>): Promise<T | null> {
  for (const until = performance.now() + PERSIST_MS; ; ) {
    try {
      return await ask();
    } catch (error) {
      const code = error instanceof ApiException ? error.code : null;
      if (code === 404) return null;
      // 409: somebody else has changed it meanwhile.
      const isRefused = code !== null && code < 500 && code !== 409 && code !== 429;
      if (isRefused || performance.now() >= until) throw error;
      await delay(AGAIN_MS);
    }
  }
}

export async function patchPodStatus(core: CoreV1Api, pod: V1Pod, status: V1PodStatus): Promise<void> {
  const { name = '', namespace = '', uid } = pod.metadata ?? {};
  const body = { metadata: { uid }, status };
  await persistently(() => core.patchNamespacedPodStatus({ name, namespace, body }, MERGED));
}

/** Takes a pod from the API, whatever its grace period. */
export async function deletePodNow(core: CoreV1Api, pod: V1Pod): Promise<void> {
  const { name = '', namespace = '', uid } = pod.metadata ?? {};
  const preconditions = uid === undefined ? {} : { uid };
  const body = { gracePeriodSeconds: 0, preconditions };
  await persistently(() => core.deleteNamespacedPod({ name, namespace, body }));
}

/** What went wrong, in the API server's own words where it was asked. */
export function sentenceOf(error: unknown): string {
  const said =
    error instanceof ApiException ? /"message":"((?:[^"\\]|\\.)*)"/.exec(String(error.body))?.[1] : undefined;
  return said ?? (error instanceof Error ? error.message : String(error));
}
