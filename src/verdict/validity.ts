import { accountingBroken, bookkeepingBroken, coarseSeconds, intervalLost } from './validity/books.ts';
import { calibrationFailed, harnessCpu, nearCeiling } from './validity/capacity.ts';
import { clockStepped, clockUnsynchronised, startSpread } from './validity/clocks.ts';
import { exporterClock, exporterSilent } from './validity/exporters.ts';
import { answersFromCache, faults, nodesOnCpu, providerFallback } from './validity/fleet.ts';
import { lagAgainstLimit, notStarted, verdictHangsOnLag } from './validity/generator.ts';
import { gpuCount, gpuCounter, gpuEcc, gpuForeign, gpuLost, gpuThrottled, gpuXid } from './validity/gpu.ts';
import {
  gpuClockDrop,
  gpuCoverage,
  gpuEnergyDisagrees,
  gpuNeighbour,
  gpuPowerCap,
  gpuSoftThermal,
  gpuWarming,
} from './validity/gpu-conditions.ts';
import { cpuSteal, cpuThrottled } from './validity/host.ts';
import { k6AsCsv, k6Dropped, k6Floor, k6Orphans, k6Teardown } from './validity/k6.ts';
import { networkOff } from './validity/network.ts';
import { overloaded } from './validity/overload.ts';
import type { Examined, Flaw, Rule } from './validity/rule.ts';
import { countedFewer, otherClients, serverCache } from './validity/server.ts';
import { settledLate } from './validity/settled.ts';

/** What can be wrong with the instrument, the gravest kinds first. Only the generator's side makes a trial invalid. */
export const RULES: readonly Rule[] = [
  faults,
  intervalLost,
  coarseSeconds,
  accountingBroken,
  bookkeepingBroken,
  verdictHangsOnLag,
  lagAgainstLimit,
  notStarted,
  k6Dropped,
  k6Orphans,
  k6Teardown,
  k6AsCsv,
  k6Floor,
  harnessCpu,
  clockStepped,
  clockUnsynchronised,
  startSpread,
  networkOff,
  gpuLost,
  gpuXid,
  gpuEcc,
  gpuThrottled,
  gpuCount,
  gpuCounter,
  gpuForeign,
  cpuSteal,
  cpuThrottled,
  nearCeiling,
  calibrationFailed,
  overloaded,
  settledLate,
  otherClients,
  countedFewer,
  serverCache,
  providerFallback,
  nodesOnCpu,
  answersFromCache,
  gpuSoftThermal,
  gpuPowerCap,
  gpuClockDrop,
  gpuWarming,
  gpuCoverage,
  gpuEnergyDisagrees,
  gpuNeighbour,
  exporterSilent,
  exporterClock,
];

/** Examines the instrument of a trial: is its measurement to be trusted? */
export const examine = (trial: Examined): readonly Flaw[] => RULES.flatMap((rule) => rule(trial));
