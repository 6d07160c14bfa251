import type { MessageInitShape } from '@bufbuild/protobuf';
import type { HostSecondSchema } from '../wire/gen/loadcell/v1/telemetry_pb.ts';
import type { ReadText } from '../wire/read-text.ts';
import {
  type PackageCounter,
  packageCounters,
  packageJoules,
  parseContextSwitches,
  parseCores,
  parseMemoryAvailable,
  parseNetwork,
  parsePressureUs,
} from './host-files.ts';
import { createHostSampler, parseRss } from './proc-stat.ts';

export type HostSecondFields = MessageInitShape<typeof HostSecondSchema>;

/** What the series needs besides files. */
export interface HostSeriesWorld {
  readonly read: ReadText;
  readonly nowNs: () => number;
  /** Process of the runner that serves; null: none does. */
  readonly runner: () => number | null;
  /** 99th percentile of the delay of this process's event loop since it was asked last, ms. */
  readonly loopDelayP99Ms: () => number;
}

interface Counters {
  readonly atNs: number;
  readonly cores: ReturnType<typeof parseCores>;
  readonly switches: number | null;
  readonly network: ReturnType<typeof parseNetwork>;
  readonly pressureUs: Readonly<Record<'cpu' | 'memory' | 'io', number | null>>;
  readonly packages: readonly PackageCounter[];
}

/**
 * A function that tells what the node did since it was called last (at first: since it was made). What a node does not
 * tell is absent, never 0.
 */
export function createHostSeries(world: HostSeriesWorld): () => HostSecondFields {
  const host = createHostSampler(world.read);
  let before = countersOf(world);
  return () => {
    const now = countersOf(world);
    const { cpu, steal, throttledUs, rssBytes } = host();
    const fields = { ...since(before, now), ...memoryOf(world, rssBytes), loopDelayP99Ms: world.loopDelayP99Ms() };
    before = now;
    return told({ ...fields, cpu, steal, throttledUs, atNs: BigInt(Math.round(now.atNs)) });
  };
}

function countersOf({ read, nowNs }: HostSeriesWorld): Counters {
  const stat = read('/proc/stat') ?? '';
  const pressure = (name: string): number | null => parsePressureUs(read(`/proc/pressure/${name}`) ?? '');
  return {
    atNs: nowNs(),
    cores: parseCores(stat),
    switches: parseContextSwitches(stat),
    network: parseNetwork(read('/proc/net/dev') ?? ''),
    pressureUs: { cpu: pressure('cpu'), memory: pressure('memory'), io: pressure('io') },
    packages: packageCounters(read),
  };
}

function since(before: Counters, now: Counters) {
  const seconds = Math.max(1e-3, (now.atNs - before.atNs) / 1e9);
  const perSecond = (earlier: number | null | undefined, later: number | null | undefined): number | null =>
    earlier == null || later == null ? null : Math.max(0, later - earlier) / seconds;
  const pressure = (name: 'cpu' | 'memory' | 'io'): number | null => {
    const us = perSecond(before.pressureUs[name], now.pressureUs[name]);
    return us === null ? null : Math.min(1, us / 1e6);
  };
  return {
    cores: now.cores.map(({ busy, all }, core) => {
      const earlier = before.cores[core];
      const ticks = all - (earlier?.all ?? all);
      return ticks <= 0 ? 0 : Math.min(1, Math.max(0, busy - (earlier?.busy ?? busy)) / ticks);
    }),
    contextSwitches: perSecond(before.switches, now.switches),
    receivedBytes: perSecond(before.network?.received, now.network?.received),
    sentBytes: perSecond(before.network?.sent, now.network?.sent),
    pressureCpu: pressure('cpu'),
    pressureMemory: pressure('memory'),
    pressureIo: pressure('io'),
    packageJoules: packageJoules(before.packages, now.packages),
  };
}

function memoryOf({ read, runner }: HostSeriesWorld, agentRssBytes: number | null) {
  const pid = runner();
  return {
    memoryAvailableBytes: parseMemoryAvailable(read('/proc/meminfo') ?? ''),
    agentRssBytes,
    runnerRssBytes: pid === null ? null : parseRss(read(`/proc/${pid}/status`) ?? ''),
  };
}

/** Without what is null. */
const told = (fields: Readonly<Record<string, unknown>>): HostSecondFields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as HostSecondFields;
