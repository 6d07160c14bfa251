import type { Ns } from '../time/ns.ts';
import { formatBandwidth, formatDuration } from './quantity.ts';

/** A network that a proxy of each agent puts between its clients and the endpoint; every figure holds for each direction. */
export interface ViaSpec {
  readonly delayNs: Ns;
  /** The delay of a stretch of bytes is uniform over `delayNs ± jitterNs`. */
  readonly jitterNs: Ns;
  /** Bits per second that all connections of an agent share; null: no bound. */
  readonly bandwidth: number | null;
}

/** `20ms ± 5ms each way, 100Mbit/s`: how a network is named wherever its results are shown. */
export function viaText({ delayNs, jitterNs, bandwidth }: ViaSpec): string {
  const jitter = jitterNs === 0 ? '' : ` ± ${formatDuration(jitterNs)}`;
  return `${formatDuration(delayNs)}${jitter} each way${bandwidth === null ? '' : `, ${formatBandwidth(bandwidth)}/s`}`;
}
