import type { EngineName } from '../campaign/fleet-spec.ts';
import type { Instance } from '../campaign/instance.ts';
import type { Ns } from '../time/ns.ts';
import type { Probe } from './engine.ts';

/**
 * Where a coordinator of `fleet.coordinator.place: inside` runs, led from a machine that agents cannot dial. It is given a
 * bundle, runs `loadcell inside <room>` on it, once, and keeps what comes of it until it is cleared.
 *
 * The room is a folder, on a path or in a pod, that lasts longer than the process in it:
 *
 *     <room>/bundle/…              what was handed over, by the names of the bundle
 *     <room>/words                 what the coordinator said, a line of JSON each, the last one its last word
 *     <room>/agent.json            what the engine starts agents from, where the place knows it (`AgentSource` of Slurm)
 *     <room>/results/<run-id>/…    its results folder
 *     <room>/sealed.json           that folder, file by file with digests ({@link ResultFile}[]); written before the last word
 *
 * `loadcell inside` starts the coordinator, which places agents by the engine of the plan from there. SIGTERM once: it
 * drains, writes what there is and ends; twice: at once. It exits after its last word, with the run's exit code. Where
 * agents find it the place says by `--advertise <host>`; what the campaign says of that wins.
 *
 * Rejections are sentences for people ({@link PlaceTrouble}). One that is `lost` says nothing of the coordinator: the
 * same is asked again, and goes on where it was.
 */
export interface InsidePlace {
  readonly name: Exclude<EngineName, 'local'>;
  /** How long results stay that nobody fetches, a clause: `until they are fetched`. */
  readonly keeps: string;
  /** Whether a coordinator could be placed here, and its agents from there: tools, permissions, room. Problems are values. */
  probe(order: InsideOrder): Promise<Probe>;
  /**
   * Places a coordinator and hands it its bundle. Idempotent on the run: the same order again starts nothing and goes on
   * handing over. Resolves once the run no longer needs this process; where that is before it runs, the place need not
   * have been given yet. `waiting`: told why it takes its time, a clause; never in a hot loop. Aborted: takes back what
   * it had asked for and rejects with the signal's reason; a {@link PlaceTrouble} then says that it could not be taken back.
   */
  start(order: InsideOrder, bundle: Bundle, waiting: (why: string) => void, signal: AbortSignal): Promise<InsideHandle>;
  /** Rooms of this user that are not cleared; `runId` null: of every run. Also those whose coordinator has ended. */
  find(runId: string | null): Promise<readonly InsideHandle[]>;
  /** Never rejects. */
  status(handle: InsideHandle): Promise<InsideStatus>;
  /**
   * The lines of `<room>/words` without their ends, whole ones only, from the line `from` on (0: the first), as they
   * come. Ends when the coordinator has ended and all is told, or the signal is aborted. Rejects with a `lost`
   * {@link PlaceTrouble} when the connection to the place breaks.
   */
  words(handle: InsideHandle, from: number, signal: AbortSignal): AsyncIterable<string>;
  /**
   * `drain`: to `loadcell inside` a SIGTERM, and to nobody else. `abort`: ends it and everything that it started in its
   * room, at once; its agents are the engine's. Idempotent; one that has ended is done. A drain resolves when it was passed
   * on, an abort once nothing runs in the room any more. Of a coordinator that still waits for its place both give that up.
   */
  tell(handle: InsideHandle, what: 'drain' | 'abort'): Promise<void>;
  /**
   * The files of the results folder, by path: as sealed, or, of a coordinator that ended without that, as they lie there.
   * Rejects once the signal is aborted.
   */
  results(handle: InsideHandle, signal: AbortSignal): Promise<readonly ResultFile[]>;
  /** The bytes of one of them from `from` on, in pieces. Rejects `lost` when the connection breaks or the signal is aborted. */
  read(handle: InsideHandle, path: string, from: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * Ends what is left of it and removes the room, results included, in one step for whoever else reads there. Idempotent;
   * "not found" is done.
   */
  clear(handle: InsideHandle): Promise<void>;
}

/** Names in a room. */
export const ROOM = {
  bundle: 'bundle',
  words: 'words',
  agent: 'agent.json',
  results: 'results',
  sealed: 'sealed.json',
} as const;

/** What a coordinator needs of a place. */
export interface InsideOrder {
  readonly runId: string;
  /** What it runs on. */
  readonly instance: Instance;
  /** How long it may stay once it is placed: the place ends it then, with a SIGTERM {@link END_WARNING_S} before. */
  readonly stayNs: Ns;
}

/** Before its stay is over a coordinator is told so, seconds: enough to drain and to judge. */
export const END_WARNING_S = 120;

/** What a coordinator is handed: no secrets, which are files of the nodes. */
export interface Bundle {
  readonly files: readonly BundleFile[];
}

export interface BundleFile {
  /** Below `<room>/bundle`, with forward slashes. */
  readonly name: string;
  readonly bytes: number;
  /** Lowercase hexadecimal: `loadcell inside` verifies it before it begins. */
  readonly sha256: string;
  /** The content, or the absolute path of it on this machine. */
  readonly content: Uint8Array | string;
}

/** JSON; survives the process that started it. */
export interface InsideHandle {
  readonly runId: string;
  /** The engine's own name of the coordinator's place: a job, a pod. Null: there is none any more, only the room. */
  readonly id: string | null;
  /** Where the room lies, for people: `/scratch/vision/loadcell/inside/<run>`, `pod loadcell-… of namespace bench`. */
  readonly room: string;
}

export type InsideStatus =
  /** `reason`: why it waits, in the engine's own words; a clause. */
  | { readonly kind: 'queued'; readonly reason: string }
  | { readonly kind: 'running'; readonly node: string | null }
  /** The coordinator is gone. `reason`: in the engine's own words, `NODE_FAIL`; empty where it has none. */
  | { readonly kind: 'ended'; readonly reason: string }
  /** The engine did not answer, which says nothing. */
  | { readonly kind: 'unknown'; readonly reason: string };

export interface ResultFile {
  /** Below the results folder, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
  /** Lowercase hexadecimal. */
  readonly sha256: string;
}

/** What an engine or a place of it could not do; the message is a sentence for people. */
export class PlaceTrouble extends Error {
  override readonly name = 'PlaceTrouble';
  /**
   * `lost`: no answer, or a connection that broke: it may be there the next time. `gone`: the room, or what was asked of
   * it, is not there. `cleared`: the room was taken away whole, as whoever has its results does. `refused`: the engine does
   * not do it, and would not the next time. `unplaced`: no place was given to the coordinator in time.
   */
  readonly kind: 'lost' | 'gone' | 'cleared' | 'refused' | 'unplaced';

  constructor(kind: PlaceTrouble['kind'], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}
