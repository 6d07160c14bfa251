import type { NetworkReleases } from '../../targets/network-facts.ts';
import type { WallClock } from '../../time/clock.ts';
import { NS_PER_MS } from '../../time/ns.ts';
import { type HostSample, HostSampleSchema } from '../../wire/gen/loadcell/v1/fleet_pb.ts';
import { encodeInterval } from '../../wire/interval-codec.ts';
import { create } from '../../wire/protobuf.ts';
import type { TrialSpec } from '../../wire/trial-spec.ts';

import { addK6, type K6Extra } from '../k6/extra.ts';
import type { HostFacts } from '../proc-stat.ts';
import { intervalMessage } from './interval-message.ts';
import type { PacingCpu } from './pacing-cpu.ts';
import type { SealedInterval } from './sealed-interval.ts';

const READINGS = 5;

/** What an interval tells of the node: clocks that are compared, and the host's facts since the last interval. */
export interface NodeView {
  readonly hostFacts: () => HostFacts;
  readonly wall: WallClock;
  /** The node's monotonic clock, nanoseconds. */
  readonly monotonic: () => bigint;
  /** 99th percentile of the delay of this thread's event loop since it was asked last, ms. */
  readonly loopDelayP99Ms: () => number;
  /** What a network between clients and endpoint let out since the last call; absent: there is none. */
  readonly network?: () => NetworkReleases;
}

/** Turns sealed intervals into bytes for the wire, with the host's facts of that second. */
export class Uplink {
  readonly #spec: TrialSpec;
  readonly #node: NodeView;
  /** Wall minus monotonic clock at the beginning, nanoseconds. */
  readonly #apartNs: number;

  constructor(spec: TrialSpec, node: NodeView) {
    this.#spec = spec;
    this.#node = node;
    this.#apartNs = this.#wallMinusMonotonicNs();
  }

  /** An encoded `loadcell.v1.Interval`. What the host does not tell is absent. */
  encode(interval: SealedInterval, pacing: PacingCpu, k6: K6Extra | null = null): Uint8Array {
    const { released, late } = this.#node.network?.() ?? { released: 0, late: 0 };
    const host = create(HostSampleSchema, {
      pacingCpuS: pacing.cpuS,
      pacingWallS: pacing.wallS,
      ...hostFields(this.#node.hostFacts()),
      loopDelayP99Ms: this.#node.loopDelayP99Ms(),
      wallMinusMonotonicNs: BigInt(Math.round(this.#wallMinusMonotonicNs() - this.#apartNs)),
      networkReleased: BigInt(released),
      networkLate: BigInt(late),
    });
    const message = intervalMessage(this.#spec, interval, host);
    if (k6 !== null) addK6(message, k6);
    return encodeInterval(message);
  }

  /** Of a few readings the least interrupted: a thread that loses the CPU between two clocks sees them apart. */
  #wallMinusMonotonicNs(): number {
    const { wall, monotonic } = this.#node;
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

const hostFields = ({ steal, cpu, throttledUs, rssBytes }: HostFacts): Partial<HostSample> => ({
  ...(steal === null ? {} : { steal }),
  ...(cpu === null ? {} : { cpu }),
  ...(throttledUs === null ? {} : { throttledUs: BigInt(Math.round(throttledUs)) }),
  ...(rssBytes === null ? {} : { rssBytes: BigInt(rssBytes) }),
});
