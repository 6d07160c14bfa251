import { readFileSync } from 'node:fs';
import type { WallClock } from '../../time/clock.ts';
import { NS_PER_MS } from '../../time/ns.ts';
import { HostSampleSchema } from '../../wire/gen/loadcell/v1/fleet_pb.ts';
import { encodeInterval } from '../../wire/interval-codec.ts';
import { create } from '../../wire/protobuf.ts';
import type { TrialSpec } from '../../wire/trial-spec.ts';
import { createHostSampler, type HostFacts } from '../proc-stat.ts';
import type { SealedInterval } from './fold.ts';
import { intervalMessage } from './interval-message.ts';
import type { PacingCpu } from './pacing-cpu.ts';

const READINGS = 5;

/** Clocks that are compared in every interval. */
export interface Clocks {
  readonly wall: WallClock;
  /** The node's monotonic clock, nanoseconds. */
  readonly monotonic: () => bigint;
}

/** Turns sealed intervals into bytes for the wire, with the host's facts of that second. */
export class Uplink {
  readonly #spec: TrialSpec;
  readonly #clocks: Clocks;
  readonly #hostFacts: () => HostFacts;
  /** Wall minus monotonic clock at the beginning, nanoseconds. */
  readonly #apartNs: number;

  constructor(spec: TrialSpec, clocks: Clocks) {
    this.#spec = spec;
    this.#clocks = clocks;
    this.#hostFacts = createHostSampler(readText);
    this.#apartNs = this.#wallMinusMonotonicNs();
  }

  /** An encoded `loadcell.v1.Interval`. What the host does not tell stands as 0. */
  encode(interval: SealedInterval, pacing: PacingCpu): Uint8Array {
    const facts = this.#hostFacts();
    const host = create(HostSampleSchema, {
      pacingCpuS: pacing.cpuS,
      pacingWallS: pacing.wallS,
      steal: facts.steal ?? 0,
      cpu: facts.cpu ?? 0,
      throttledUs: BigInt(Math.round(facts.throttledUs ?? 0)),
      rssBytes: BigInt(facts.rssBytes ?? 0),
      wallMinusMonotonicNs: BigInt(Math.round(this.#wallMinusMonotonicNs() - this.#apartNs)),
    });
    return encodeInterval(intervalMessage(this.#spec, interval, host));
  }

  /** Of a few readings the least interrupted: a thread that loses the CPU between two clocks sees them apart. */
  #wallMinusMonotonicNs(): number {
    const { wall, monotonic } = this.#clocks;
    let apartNs = 0;
    let narrowestNs = Number.POSITIVE_INFINITY;
    for (let reading = 0; reading < READINGS; reading++) {
      const before = monotonic();
      const wallNs = wall.nowMs() * NS_PER_MS;
      const widthNs = Number(monotonic() - before);
      if (widthNs >= narrowestNs) continue;
      narrowestNs = widthNs;
      apartNs = wallNs - Number(before);
    }
    return apartNs;
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
