import { DEFAULT_TELEMETRY, type Telemetry } from '../campaign/telemetry.ts';
import { type TelemetryGap, TelemetryReportSchema, type TrialClock } from '../wire/gen/loadcell/v1/telemetry_pb.ts';
import { create, toBinary } from '../wire/protobuf.ts';
import type { Block } from '../wire/telemetry-codec.ts';
import type { TrialSpec } from '../wire/trial-spec.ts';
import type { HostSecondFields } from './host-series.ts';
import type { SamplerOrders } from './sampler/words.ts';
import type { SamplerListener } from './sampler-process.ts';

/** A sampler as this side of it sees it. */
export interface RunningSampler {
  boundaries(atNs: readonly number[]): void;
  flush(withinMs: number): Promise<void>;
  close(): void;
}

export interface NodeTelemetryOptions {
  /** Starts a sampler; null: this node has no GPU to look at. */
  readonly startSampler: (orders: SamplerOrders, listener: SamplerListener) => RunningSampler | null;
  /** What the host did since the call before. */
  readonly hostSecond: () => HostSecondFields;
  /** Sends an encoded `TelemetryReport` to the coordinator. */
  readonly report: (bytes: Uint8Array) => void;
  /** Another look at the node, for whoever watches it live. */
  readonly seen: (seen: { readonly block?: Block; readonly host?: HostSecondFields }) => void;
}

const HOST_MS = 1_000;
/** How long the end of a trial waits for the last readings of its GPUs. */
const FLUSH_MS = 800;
/** How long a trial that is ready waits for a sampler that still loads: what it costs then must not fall into the trial. */
const SETTLE_MS = 5_000;

/**
 * What an agent observes of its node, where it is the one that does: GPUs through a sampler, the host by itself once a
 * second. Everything is reported with the trial that it belongs to and the instant 0 of that trial on this node's clock,
 * so that no clock has to be translated later.
 */
export class NodeTelemetry {
  readonly #options: NodeTelemetryOptions;
  #sampler: RunningSampler | null = null;
  /** Resolved by the sampler's first word. */
  readonly #spoken = Promise.withResolvers<void>();
  #begun = false;
  #host: NodeJS.Timeout | null = null;
  #spec: TrialSpec | null = null;
  #trial: Omit<TrialClock, '$typeName'> | null = null;

  constructor(options: NodeTelemetryOptions) {
    this.#options = options;
  }

  /** A trial is being prepared; what is observed from now on goes on until {@link close}. */
  prepare(spec: TrialSpec): void {
    this.#spec = spec;
    this.#trial = null;
    if (spec.telemetry === undefined || spec.telemetry === null || this.#begun) return;
    this.#begun = true;
    this.#sampler = this.#options.startSampler(ordersOf(spec.telemetry), {
      onBlock: (block, bytes) => {
        this.#spoken.resolve();
        this.#report({ block: bytes });
        this.#options.seen({ block });
      },
      onGap: (fromNs, toNs, { reason, message }) =>
        this.#report({ gaps: [{ fromNs: whole(fromNs), toNs: whole(toNs), reason, message }] }),
    });
    this.#options.hostSecond();
    this.#host = setInterval(() => this.#hostSecond(), HOST_MS);
  }

  /** Resolves when the sampler has loaded and spoken, or took too long; at once where there is none. */
  async settled(): Promise<void> {
    if (this.#sampler === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, SETTLE_MS);
    await Promise.race([this.#spoken.promise, promise]);
    clearTimeout(timer);
  }

  /** The trial will begin: its instant 0 on this node's clock is known, and with it every phase boundary. */
  armed(zero: bigint): void {
    const spec = this.#spec;
    if (spec === null || !this.#begun) return;
    this.#trial = { cell: spec.cell, trial: spec.trial, attempt: spec.attempt, zeroNs: zero };
    const at = Number(zero);
    const edges = spec.phases.flatMap(({ startNs, durationNs }) => [at + startNs, at + startNs + durationNs]);
    this.#sampler?.boundaries([...new Set(edges)]);
  }

  /** The trial's load is over: resolves when its last readings are reported, or it took too long. */
  async concluded(): Promise<void> {
    if (this.#trial === null) return;
    await this.#sampler?.flush(FLUSH_MS);
    this.#hostSecond();
    this.#trial = null;
  }

  close(): void {
    if (this.#host !== null) clearInterval(this.#host);
    this.#sampler?.close();
  }

  #hostSecond(): void {
    const host = this.#options.hostSecond();
    this.#report({ host: [host] });
    this.#options.seen({ host });
  }

  #report(fields: {
    readonly block?: Uint8Array;
    readonly host?: readonly HostSecondFields[];
    readonly gaps?: readonly Omit<TelemetryGap, '$typeName'>[];
  }): void {
    const { block, host = [], gaps = [] } = fields;
    const report = create(TelemetryReportSchema, {
      host: [...host],
      gaps: [...gaps],
      ...(block === undefined ? {} : { block }),
      ...(this.#trial === null ? {} : { trial: this.#trial }),
    });
    this.#options.report(toBinary(TelemetryReportSchema, report));
  }
}

const whole = (ns: number): bigint => BigInt(Math.round(ns));

function ordersOf({ gpu, scrape }: Telemetry): SamplerOrders {
  const { sources, everyNs, dcgm, processes } = gpu ?? { ...NOTHING, everyNs: DEFAULT_TELEMETRY.gpu?.everyNs ?? 0 };
  return { sources, fastMs: everyNs / 1e6, dcgm, pages: scrape, processes };
}

const NOTHING = { sources: [], dcgm: [], processes: [] };
