import type { ModelCounts } from '../oip/statistics.ts';

/** One look at what the server had counted; instants on the trial's time line, nanoseconds. */
export type ServerReading =
  | { readonly kind: 'read'; readonly askedNs: number; readonly answeredNs: number; readonly counts: ModelCounts }
  /** `why`: a sentence for people. */
  | { readonly kind: 'missing'; readonly askedNs: number; readonly why: string };

/** What a server told of itself around and within one trial, as the one agent that asked it saw it. */
export type ServerTold =
  | { readonly kind: 'nothing'; readonly why: string }
  | {
      readonly kind: 'read';
      /** What was asked: `GET /v2/models/m/stats`. */
      readonly source: string;
      /** [phase]: at its start, the first before anything was sent; null: the trial ended before, or nobody knew when. */
      readonly starts: readonly (ServerReading | null)[];
      /** Once everything had settled. */
      readonly after: ServerReading;
    };
