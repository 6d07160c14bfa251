import type { InventoryReport } from '../../agent/sampler/sampler.ts';
import type { DeviceSample } from '../../gpu/sample.ts';
import type { Block } from '../../wire/telemetry-codec.ts';

/** What the sampler sees now: of each device the latest reading of each metric. */
export interface Sight {
  readonly inventory: InventoryReport;
  readonly devices: ReadonlyMap<string, DeviceSample>;
  readonly processes: NonNullable<Block['processes']>['rows'];
  /** Share of one CPU that the sampler takes. */
  readonly samplerCpu: number | null;
}
