import type { Ns } from '../time/ns.ts';
import { latencyLimits } from '../verdict/limits.ts';
import type { Interval } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { decodeInterval } from '../wire/interval-codec.ts';
import type { CoordinatorOptions, Journal } from './coordinator-options.ts';
import { encodeEvent, encodeStoredInterval, type RunEvent } from './events.ts';
import type { TrialOrder } from './fleet-plan.ts';
import { intervalFault } from './interval-check.ts';
import { LiveLosses } from './live-losses.ts';
import { LiveStops } from './live-stops.ts';
import { LiveView } from './live-view.ts';
import type { Lease } from './report-desk.ts';
import type { RunCells } from './run-cells.ts';
import type { Happening } from './run-state.ts';
import { encodeStoredTelemetry } from './telemetry-log.ts';

interface RecordOptions
  extends Pick<CoordinatorOptions, 'plan' | 'journal' | 'telemetry' | 'metrics' | 'wall' | 'show' | 'onJournaled'> {
  readonly cells: RunCells;
  readonly trials: readonly TrialOrder[];
  /** Since the run's start. */
  readonly now: () => Ns;
  readonly onEvent: (happening: Happening) => void;
}

/** Takes down what happens in a run and what agents report of it, and tells at once what is to be seen in that. */
export class RecordDesk {
  readonly #options: RecordOptions;
  readonly #live: LiveView;
  readonly #stops: LiveStops;
  readonly #losses: LiveLosses;
  readonly #limits: readonly number[];
  #journalState: 'kept' | 'lost' = 'kept';
  /** Records reach the disk in their order: when this one is there, all before it are. Never rejects. */
  #lastAppended: Promise<void> = Promise.resolve();
  /** The same of what was observed. */
  #lastObserved: Promise<void> = Promise.resolve();

  constructor(options: RecordOptions) {
    const { plan, cells, trials } = options;
    this.#options = options;
    this.#live = new LiveView(cells, trials);
    this.#stops = new LiveStops(cells);
    this.#losses = new LiveLosses(plan);
    this.#limits = plan.cells.map((cell) => latencyLimits(cell.objectives).length);
  }

  begin(trial: TrialOrder): void {
    this.#live.begin(trial);
    this.#stops.begin(trial);
  }

  /** Resolves once everything that was taken down before is on disk, or cannot be. */
  async settled(): Promise<void> {
    await Promise.all([this.#lastAppended, this.#lastObserved]);
  }

  /** Takes down an event of the run. */
  journal(event: RunEvent): void {
    const wall = new Date(this.#options.wall.nowMs()).toISOString();
    this.#lastAppended = this.#append(encodeEvent({ atNs: this.#options.now(), wall, event })).catch(() => {});
    this.#options.onJournaled?.(event);
  }

  /** The first record that cannot be written ends the run. */
  async #append(payload: Uint8Array, log: Journal = this.#options.journal): Promise<void> {
    try {
      await log.append(payload);
    } catch (error) {
      if (this.#journalState === 'kept') {
        this.#journalState = 'lost';
        this.#options.onEvent({ kind: 'journal-lost', message: messageOf(error) });
      }
      throw error;
    }
  }

  /** Resolves when it is on disk; a sentence: it can be no evidence. */
  store(lease: Lease, seq: number, bytes: Uint8Array): Promise<void> | string {
    const { index, epoch } = lease;
    const interval = this.#readInterval(index, bytes);
    if (typeof interval === 'string') {
      const command = Number.MAX_SAFE_INTEGER;
      this.#options.onEvent({ kind: 'fault', index, epoch, link: 0, command, code: 'own-fault', message: interval });
      return interval;
    }
    const { cell, trial, attempt, last } = interval;
    const stored = { agent: index, epoch: BigInt(epoch), seq: BigInt(seq), interval: bytes };
    const durable = this.#append(encodeStoredInterval(stored)).then(() => {
      this.#options.onEvent({ kind: 'interval-stored', index, epoch, ref: { cell, trial, attempt }, last });
    });
    this.#options.metrics?.interval(interval);
    const live = this.#live.add(interval);
    if (live !== null) this.#options.show(live);
    const stop = this.#stops.add(interval);
    if (stop !== null) this.#options.onEvent({ kind: 'stop-called', ...stop });
    return durable;
  }

  /** The same of what was observed. */
  observe({ index, epoch }: Lease, seq: number, report: Uint8Array): Promise<void> | string {
    const { telemetry } = this.#options;
    this.#options.metrics?.observe(index, report);
    const loss = this.#losses.add(report);
    if (typeof loss === 'string') return loss;
    if (loss !== null) this.#options.onEvent({ kind: 'gpu-lost', ...loss });
    if (telemetry === undefined) return Promise.resolve();
    const stored = this.#append(
      encodeStoredTelemetry({ agent: index, epoch: BigInt(epoch), seq: BigInt(seq), report }),
      telemetry,
    );
    this.#lastObserved = stored.catch(() => {});
    return stored;
  }

  #readInterval(index: number, bytes: Uint8Array): Interval | string {
    try {
      const interval = decodeInterval(bytes);
      const { plan } = this.#options;
      return intervalFault(plan, (cell) => this.#limits[cell] ?? 0, index, interval) ?? interval;
    } catch {
      return `interval: its ${bytes.length} bytes cannot be read`;
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
