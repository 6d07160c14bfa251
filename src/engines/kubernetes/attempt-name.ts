import { createHash } from 'node:crypto';
import { formatPlaceList, parsePlaceList } from '../../wire/place-list.ts';
import type { AttemptKey, Handle } from '../engine.ts';

/** How what an attempt has on Kubernetes is named, and found again. */

/** On everything that the engine makes. */
const OWN = { 'app.kubernetes.io/name': 'loadcell', 'app.kubernetes.io/component': 'agent' } as const;
const RUN = 'loadcell/run';
const ATTEMPT = 'loadcell/attempt';
const PLACES = 'loadcell/places';
const USER = 'loadcell/user';

/** Longest part of a run's id in a name: with the attempt and the number of a pod it stays below 63 characters. */
const MOST_SLUG = 40;
/** Longest value of a label. */
const MOST_LABEL = 63;
const LABEL = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** Of the Job, and of its Secret. The pods of the Job have it before their number. */
export const jobName = ({ runId, attempt }: AttemptKey): string => `loadcell-${slug(runId)}-${attempt}`;

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

/** What no label can hold. */
export const annotationsOf = ({ runId, attempt }: AttemptKey, indices: readonly number[]): Record<string, string> => ({
  [RUN]: runId,
  [ATTEMPT]: `${attempt}`,
  [PLACES]: formatPlaceList(indices),
});

/** What selects the pods of a run. */
export const runLabels = (runId: string): Record<string, string> => ({ ...OWN, [RUN]: labelOf(runId) });

/** Selects the Jobs of a run, or those of every run of a user. */
export const selectorOf = (owner: { readonly runId: string } | { readonly user: string }): string =>
  selector('runId' in owner ? runLabels(owner.runId) : { ...OWN, [USER]: labelOf(owner.user) });

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
