import type { Dialled } from '../../coordinator/dial-probe.ts';
import type { ProgressEvent } from '../../coordinator/progress-events.ts';
import { visible } from '../../report/visible.ts';

/** What a coordinator inside a cluster says to the command that led it there: a line of JSON each. */
export type Word =
  /** First. `loadcell`: the version that speaks. `folder`: the results folder, as it is called there. */
  | { readonly kind: 'begun'; readonly loadcell: string; readonly host: string; readonly folder: string }
  | { readonly kind: 'progress'; readonly event: ProgressEvent }
  | LastWord;

/** After it nothing is written any more. */
export type LastWord =
  /** The results folder is whole. */
  | { readonly kind: 'finished'; readonly exitCode: number }
  /** Of a coordinator that was to see whether an agent can dial it, and nothing else. */
  | { readonly kind: 'dialled'; readonly exitCode: number; readonly dialled: Dialled }
  /** `message`: one sentence for people. */
  | { readonly kind: 'failed'; readonly exitCode: number; readonly message: string };

const LAST: readonly Word['kind'][] = ['finished', 'dialled', 'failed'];

export const isLast = (word: Word): word is LastWord => LAST.includes(word.kind);

/** With its line feed. */
export const wordLine = (word: Word): string => `${JSON.stringify(word)}\n`;

const KINDS: Readonly<Record<Word['kind'], true>> = {
  begun: true,
  progress: true,
  finished: true,
  dialled: true,
  failed: true,
};

const EVENTS: Readonly<Record<ProgressEvent['kind'], true>> = {
  waiting: true,
  calibrating: true,
  calibrated: true,
  sending: true,
  preparing: true,
  second: true,
  draining: true,
  'ending-early': true,
  'trial-ended': true,
  'trial-retried': true,
  'trial-not-run': true,
  fault: true,
  interrupting: true,
  judging: true,
};

/** Only another version says such a word. */
export class UnknownWord extends Error {
  override readonly name = 'UnknownWord';
  readonly word: string;

  constructor(word: string) {
    super(`found a word '${word}', which this version does not know`);
    this.word = word;
  }
}

/** Null: a line that is none, which a full disk tore, or progress that only another version shows. Throws {@link UnknownWord}. */
export function parseWord(line: string): Word | null {
  const word = jsonOf(line) as Word | null;
  if (typeof word?.kind !== 'string') return null;
  if (!Object.hasOwn(KINDS, word.kind)) throw new UnknownWord(word.kind);
  return word.kind === 'progress' && !Object.hasOwn(EVENTS, word.event?.kind) ? null : word;
}

/** Texts as a terminal may be shown them: another machine wrote them, and servers that it spoke with. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line, (_name, value: unknown) => (typeof value === 'string' ? visible(value) : value));
  } catch {
    return null;
  }
}
