import type { MetricName } from '../metric.ts';

/** A field of DCGM: what it is here, and the unit that DCGM gives it in. */
export interface DcgmField {
  readonly metric: MetricName;
  readonly unit: string;
}

/**
 * The unit of `DCGM_FI_DEV_GPU_UTIL_RATIO`: whole percent in DCGM 4.6, where it was another name of field 203, and a share
 * of one in 4.7, where it is field 1613.
 */
export const PERCENT_OR_RATIO = 'percent or ratio';

type Row = readonly [metric: MetricName, unit: string, ...names: readonly string[]];

/**
 * Fields by name (dcgm_fields.h). DCGM 4.6 renamed fields and kept the old names; 4.7 added fields in base units (hertz,
 * joules, bytes, ratios, seconds) beside the old ones, and dcgm-exporter 4.9 exports those. The violation by temperature
 * tells not whether hardware or software held the clocks down, so that it is none of the metrics.
 */
const FIELDS: readonly Row[] = [
  ['power.draw', 'W', 'DEV_POWER_USAGE', 'DEV_BOARD_POWER_WATTS'],
  ['power.instant', 'W', 'DEV_POWER_USAGE_INSTANT', 'DEV_BOARD_POWER_RAW_WATTS'],
  ['power.limit', 'W', 'DEV_ENFORCED_POWER_LIMIT', 'DEV_BOARD_POWER_LIMIT_ENFORCED_WATTS'],
  ['energy', 'mJ', 'DEV_TOTAL_ENERGY_CONSUMPTION'],
  ['energy', 'J', 'DEV_GPU_ENERGY_JOULES_TOTAL'],
  ['clock.sm', 'MHz', 'DEV_SM_CLOCK'],
  ['clock.sm', 'Hz', 'DEV_SM_CLOCK_HERTZ'],
  ['clock.memory', 'MHz', 'DEV_MEM_CLOCK'],
  ['clock.memory', 'Hz', 'DEV_MEMORY_CLOCK_HERTZ'],
  ['clock.smLimit', 'MHz', 'DEV_MAX_SM_CLOCK'],
  ['clock.smLimit', 'Hz', 'DEV_SM_MAX_CLOCK_HERTZ'],
  ['temperature.gpu', 'C', 'DEV_GPU_TEMP', 'DEV_GPU_TEMP_CELSIUS'],
  ['temperature.memory', 'C', 'DEV_MEMORY_TEMP', 'DEV_MEMORY_TEMP_CELSIUS'],
  ['utilization.gpu', '%', 'DEV_GPU_UTIL'],
  ['utilization.gpu', PERCENT_OR_RATIO, 'DEV_GPU_UTIL_RATIO'],
  ['utilization.memory', '%', 'DEV_MEM_COPY_UTIL'],
  ['utilization.memory', 'ratio', 'DEV_MEMORY_UTIL_RATIO'],
  ['memory.used', 'MiB', 'DEV_FB_USED'],
  ['memory.used', 'B', 'DEV_FB_USED_BYTES'],
  ['memory.total', 'MiB', 'DEV_FB_TOTAL'],
  ['memory.total', 'B', 'DEV_FB_CAPACITY_BYTES'],
  ['activity.graphics', 'ratio', 'PROF_GR_ENGINE_ACTIVE', 'PROF_GR_ENGINE_UTIL_RATIO'],
  ['activity.sm', 'ratio', 'PROF_SM_ACTIVE', 'PROF_SM_UTIL_RATIO'],
  ['activity.occupancy', 'ratio', 'PROF_SM_OCCUPANCY', 'PROF_SM_OCCUPANCY_RATIO'],
  ['activity.tensor', 'ratio', 'PROF_PIPE_TENSOR_ACTIVE', 'PROF_TENSOR_UTIL_RATIO'],
  ['activity.dram', 'ratio', 'PROF_DRAM_ACTIVE', 'PROF_DRAM_UTIL_RATIO'],
  ['activity.fp16', 'ratio', 'PROF_PIPE_FP16_ACTIVE', 'PROF_FP16_UTIL_RATIO'],
  ['activity.fp32', 'ratio', 'PROF_PIPE_FP32_ACTIVE', 'PROF_FP32_UTIL_RATIO'],
  ['activity.fp64', 'ratio', 'PROF_PIPE_FP64_ACTIVE', 'PROF_FP64_UTIL_RATIO'],
  ['pcie.sent', 'B/s', 'PROF_PCIE_TX_BYTES'],
  ['pcie.received', 'B/s', 'PROF_PCIE_RX_BYTES'],
  ['nvlink.sent', 'B/s', 'PROF_NVLINK_TX_BYTES'],
  ['nvlink.received', 'B/s', 'PROF_NVLINK_RX_BYTES'],
  ['events', 'mask', 'DEV_CLOCK_THROTTLE_REASONS', 'DEV_CLOCKS_EVENT_REASONS'],
  ['throttled.powerCap', 'ns', 'DEV_POWER_VIOLATION'],
  ['throttled.powerCap', 's', 'DEV_GPU_POWER_THROTTLE_SECONDS_TOTAL'],
  ['throttled.syncBoost', 'ns', 'DEV_SYNC_BOOST_VIOLATION'],
  ['throttled.syncBoost', 's', 'DEV_GPU_SYNC_BOOST_THROTTLE_SECONDS_TOTAL'],
  ['ecc.uncorrected', 'count', 'DEV_ECC_DBE_VOL_TOTAL'],
  ['ecc.corrected', 'count', 'DEV_ECC_SBE_VOL_TOTAL'],
  ['remapped.uncorrected', 'count', 'DEV_UNCORRECTABLE_REMAPPED_ROWS', 'DEV_ROW_REMAP_UNCORRECTABLE_TOTAL'],
  ['remapped.corrected', 'count', 'DEV_CORRECTABLE_REMAPPED_ROWS', 'DEV_ROW_REMAP_CORRECTABLE_TOTAL'],
  ['xid', 'code', 'DEV_XID_ERRORS', 'DEV_XID_ERROR'],
];

const BY_NAME: ReadonlyMap<string, DcgmField> = new Map(
  FIELDS.flatMap(([metric, unit, ...names]) => names.map((name) => [`DCGM_FI_${name}`, { metric, unit }] as const)),
);

export const dcgmField = (name: string): DcgmField | null => BY_NAME.get(name) ?? null;

/** Column names of `dcgmi dmon` (dcgm_fields.cpp), for the fields above in their old units. */
const SHORT: Readonly<Record<string, string>> = {
  POWER: 'DEV_POWER_USAGE',
  TOTEC: 'DEV_TOTAL_ENERGY_CONSUMPTION',
  SMCLK: 'DEV_SM_CLOCK',
  MMCLK: 'DEV_MEM_CLOCK',
  TMPTR: 'DEV_GPU_TEMP',
  MMTMP: 'DEV_MEMORY_TEMP',
  GPUTL: 'DEV_GPU_UTIL',
  MCUTL: 'DEV_MEM_COPY_UTIL',
  FBUSD: 'DEV_FB_USED',
  FBTTL: 'DEV_FB_TOTAL',
  GRACT: 'PROF_GR_ENGINE_ACTIVE',
  SMACT: 'PROF_SM_ACTIVE',
  SMOCC: 'PROF_SM_OCCUPANCY',
  TENSO: 'PROF_PIPE_TENSOR_ACTIVE',
  DRAMA: 'PROF_DRAM_ACTIVE',
  FP16A: 'PROF_PIPE_FP16_ACTIVE',
  FP32A: 'PROF_PIPE_FP32_ACTIVE',
  FP64A: 'PROF_PIPE_FP64_ACTIVE',
  PCITX: 'PROF_PCIE_TX_BYTES',
  PCIRX: 'PROF_PCIE_RX_BYTES',
  NVLTX: 'PROF_NVLINK_TX_BYTES',
  NVLRX: 'PROF_NVLINK_RX_BYTES',
  DVCCTR: 'DEV_CLOCK_THROTTLE_REASONS',
  XIDER: 'DEV_XID_ERRORS',
};

export const dcgmColumn = (short: string): DcgmField | null =>
  Object.hasOwn(SHORT, short) ? dcgmField(`DCGM_FI_${SHORT[short]}`) : null;
