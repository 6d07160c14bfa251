import { DEFAULT_TELEMETRY, type Telemetry } from '../campaign/telemetry.ts';
import { isLoopback } from '../wire/loopback.ts';
import type { Place } from './place.ts';

/**
 * What the agent of a place is to observe: of the places on a node that are held, the first one watches it, and of all of
 * them the first reads the pages of other nodes, so that no GPU is told of twice. A page under a loopback address is each
 * node's own. Null: nothing.
 */
export function telemetryOf(plan: Telemetry | undefined, places: readonly Place[], index: number): Telemetry | null {
  const own = places[index];
  if (own?.kind !== 'held') return null;
  const first = places.findIndex((place) => place.kind === 'held' && place.holder.node === own.holder.node);
  if (first !== index) return null;
  const whole = plan ?? DEFAULT_TELEMETRY;
  return places.findIndex(({ kind }) => kind === 'held') === index ? whole : withOwnPages(whole);
}

const withOwnPages = ({ gpu, scrape, ...rest }: Telemetry): Telemetry => ({
  ...rest,
  gpu: gpu === null ? null : { ...gpu, dcgm: gpu.dcgm.filter(isOwn) },
  scrape: scrape.filter(({ url }) => isOwn(url)),
});

const isOwn = (url: string): boolean => isLoopback(new URL(url).hostname.replace(/^\[(.*)\]$/, '$1'));
