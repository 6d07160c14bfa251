import { PlaceTrouble } from '../inside-place.ts';

/** How a call of the API server ended. */
export type Answer<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | Refusal
  /** No answer that could be read, in time: nothing is known of what the call did. */
  | { readonly kind: 'silent'; readonly why: string };

export interface Refusal {
  readonly kind: 'refused';
  /** Of HTTP. */
  readonly status: number;
  /** The API's word for it: `Forbidden`, `AlreadyExists`. */
  readonly reason: string;
  /** The server's own sentence, or what stands for it. */
  readonly message: string;
}

/** What was asked for is not there. */
export const isAbsent = (answer: Answer<unknown>): boolean => answer.kind === 'refused' && answer.status === 404;

/** The server will not say, now: which means nothing about what was asked for. */
export const saysNothing = (answer: Answer<unknown>): boolean =>
  answer.kind === 'silent' || (answer.kind === 'refused' && (answer.status >= 500 || answer.status === 429));

/** The value, or null where there is nothing; throws {@link troubleOf} otherwise. */
export function present<T>(answer: Answer<T>, call: string): T | null {
  if (answer.kind === 'answered') return answer.value;
  if (isAbsent(answer)) return null;
  throw troubleOf(answer, call);
}

type NoAnswer = Exclude<Answer<unknown>, { readonly kind: 'answered' }>;

/** What the server says in place of an answer, for whoever needs one: `lost` where it may say otherwise the next time. */
export const troubleOf = (answer: NoAnswer, call: string): PlaceTrouble =>
  new PlaceTrouble(saysNothing(answer) ? 'lost' : 'refused', whyNot(answer, call));

/** A sentence for people: what was asked, what the server said, and what would be right where that is known. */
export function whyNot(answer: NoAnswer, call: string): string {
  if (answer.kind === 'silent') return `${call}: ${answer.why}`;
  const hint = hintOf(answer);
  const said = answer.message === '' ? `HTTP ${answer.status}` : answer.message;
  return hint === null ? `${call}: ${said}` : `${call}: ${said}; ${hint}`;
}

/** What would be right; null: the server's own words say it. */
export function hintOf({ status, message }: Refusal): string | null {
  if (status === 401)
    return 'the credentials of the kubeconfig are refused or have expired: log in to the cluster again';
  if (status === 403 && isQuota(message))
    return 'ask for less, end what holds it, or have the quota of the namespace raised';
  if (status === 403) return 'ask for the Role of deploy/kubernetes in this namespace';
  if (status === 404 && /namespaces? /.test(message)) return 'name one that is there with fleet.kubernetes.namespace';
  return null;
}

export const isQuota = (message: string): boolean => /exceeded quota|quota/i.test(message);
