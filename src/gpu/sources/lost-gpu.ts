import type { MetricName } from '../metric.ts';
import { type MissingReason, missing, type Reading } from '../reading.ts';
import type { DeviceFacts } from '../recorded/recording.ts';
import { QUERY_FIELDS } from '../recorded/smi-fields.ts';
import type { DeviceSample } from '../sample.ts';
import { QUERY } from './smi-loop.ts';

const PLACE = /([0-9a-f]{4,8}):([0-9a-f]{2}):([0-9a-f]{2}\.[0-9a-f])/i;
const METRICS_ASKED = QUERY.flatMap((name) => QUERY_FIELDS[name]?.metric ?? []);

/**
 * What a sentence of nvidia-smi that stands in place of its rows says of a GPU: the one that it names by its place on the bus,
 * or the only one that is known. None, where it does not tell which. Pure.
 */
export function lostSamples(
  { sentence, reason }: { readonly sentence: string; readonly reason: MissingReason | null },
  devices: readonly DeviceFacts[],
  atNs: number,
): readonly DeviceSample[] {
  if (reason !== 'gpu_lost' && reason !== 'needs_reset') return [];
  const place = placeIn(sentence);
  const whole = devices.filter(({ device }) => device.parent === null);
  const named = place === null ? [] : whole.filter(({ busId }) => placeIn(busId ?? '') === place);
  const [only, ...others] = named.length === 0 && place === null ? whole : named;
  if (only === undefined || others.length > 0) return [];
  const readings = Object.fromEntries(METRICS_ASKED.map((metric): [MetricName, Reading] => [metric, missing(reason)]));
  return [{ source: 'nvidia-smi', device: only.device, atNs, readings }];
}

/** As `07:00.0` in its domain, which tools write with four digits or eight. */
function placeIn(text: string): string | null {
  const [, domain = '', bus = '', slot = ''] = PLACE.exec(text) ?? [];
  return slot === '' ? null : `${Number.parseInt(domain, 16)}:${bus}:${slot}`.toLowerCase();
}
