import { createHash } from 'node:crypto';
import { formatPlaceList, parsePlaceList } from '../../wire/place-list.ts';
import type { AttemptKey, Handle } from '../engine.ts';

/** How what an attempt has on Kubernetes is named, and found again. */

/** On everything of agents that the engine makes; and on what a coordinator inside the cluster is made of. */
const NAME = { 'app.kubernetes.io/name': 'loadcell' } as const;
const OWN = { ...NAME, 'app.kubernetes.io/component': 'agent' } as const;
const LEADING = { ...NAME, 'app.kubernetes.io/component': 'coordinator' } as const;
const RUN = 'loadcell/run';
const ATTEMPT = 'loadcell/attempt';
const PLACES = 'loadcell/places';
const USER = 'loadcell/user';

/** Longest part of a run's id in a name: with what comes after it and the number of a pod it has 63 characters at most. */
const MOST_SLUG = 40;
/** Longest value of a label. */
const MOST_LABEL = 63;
const LABEL = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** Of the Job, and of its Secret. The pods of the Job have it before their number. */
export const jobName = ({ runId, attempt }: AttemptKey): string => `loadcell-${slug(runId)}-${attempt}`;

/** Of the Job of a coordinator inside the cluster. */
export const coordinatorName = (runId: string): string => `loadcell-${slug(runId)}-coordinator`;

/** Lower-case letters, digits and dashes; with a digest where that would not tell two runs apart. */
function slug(runId: string): string {
  const lower = runId.toLowerCase();
  const plain = lower.replaceAll(/[^a-z0-9]+/g, '-').replace(/^-/, '');
  if (plain === lower && plain.length <= MOST_SLUG) return plain;
  return `${plain.slice(0, MOST_SLUG - 9).replace(/-$/, '')}-${digest(runId)}`;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** A text as the value of a label: itself where it may be one. */
function labelOf(text: string): string {
  if (text.length <= MOST_LABEL && LABEL.test(text)) return text;
  const plain = text.replaceAll(/[^-A-Za-z0-9_.]+/g, '-').replace(/^[-_.]+/, '');
  return `${plain.slice(0, MOST_LABEL - 9)}-${digest(text)}`.replace(/^-/, '');
}

/** `user`: as the cluster knows whoever submits. */
export const labelsOf = ({ runId, attempt }: AttemptKey, user: string): Record<string, string> => ({
  ...OWN,
  [RUN]: labelOf(runId),
  [ATTEMPT]: `${attempt}`,
  [USER]: labelOf(user),
});

/** Of a coordinator inside the cluster. */
export const coordinatorLabels = (runId: string, user: string): Record<string, string> => ({
  ...LEADING,
  [RUN]: labelOf(runId),
  [USER]: labelOf(user),
});

/** What no label can hold. */
export const annotationsOf = ({ runId, attempt }: AttemptKey, indices: readonly number[]): Record<string, string> => ({
  [RUN]: runId,
  [ATTEMPT]: `${attempt}`,
  [PLACES]: formatPlaceList(indices),
});

export const coordinatorAnnotations = (runId: string): Record<string, string> => ({ [RUN]: runId });

/** What selects the pods of a run. */
export const runLabels = (runId: string): Record<string, string> => ({ ...OWN, [RUN]: labelOf(runId) });

/** Selects the Jobs of a run, or those of every run of a user. */
export const selectorOf = (owner: { readonly runId: string } | { readonly user: string }): string =>
  selector('runId' in owner ? runLabels(owner.runId) : { ...OWN, [USER]: labelOf(owner.user) });

/** Selects the coordinators inside the cluster, of a run or of every run of a user. */
export const coordinatorSelector = (owner: { readonly runId: string } | { readonly user: string }): string =>
  selector({ ...LEADING, ...('runId' in owner ? { [RUN]: labelOf(owner.runId) } : { [USER]: labelOf(owner.user) }) });

/** Selects the pods of a Job. */
export const podsOf = (job: string): string => selector({ 'batch.kubernetes.io/job-name': job });

const selector = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

export const handleOf = (key: AttemptKey, indices: readonly number[]): Handle => ({
  engine: 'kubernetes',
  key,
  members: indices.map((index, nth) => ({ index, id: `${jobName(key)}-${nth}` })),
});

/** Null: somebody else's Job. */
export function handleOfJob(annotations: Readonly<Record<string, string>> | undefined): Handle | null {
  const { [RUN]: runId, [ATTEMPT]: attempt, [PLACES]: places } = annotations ?? {};
  const indices = places === undefined ? null : parsePlaceList(places);
  if (runId === undefined || indices === null || !/^\d+$/.test(attempt ?? '')) return null;
  return handleOf({ runId, attempt: Number(attempt) }, indices);
}

/** The run of a coordinator's Job; null: somebody else's. A run's id is the name of its folder, and nothing that leads elsewhere. */
export function runOfCoordinator(annotations: Readonly<Record<string, string>> | undefined): string | null {
  const runId = annotations?.[RUN] ?? '';
  return runId !== '.' && runId !== '..' && /^[^/\0]+$/.test(runId) ? runId : null;
}
