import type { HostSecond } from '../gpu/observation.ts';
import type { HostSecond as HostMessage } from '../wire/gen/loadcell/v1/telemetry_pb.ts';

/** A second of a host as its agent reported it, at an instant of the trial's time line; null: the node does not tell. */
export const hostSecond = (second: HostMessage, atNs: number): HostSecond => ({
  atNs,
  cores: second.cores,
  cpu: second.cpu ?? null,
  steal: second.steal ?? null,
  throttledUs: second.throttledUs ?? null,
  pressureCpu: second.pressureCpu ?? null,
  pressureMemory: second.pressureMemory ?? null,
  pressureIo: second.pressureIo ?? null,
  memoryAvailableBytes: second.memoryAvailableBytes ?? null,
  agentRssBytes: second.agentRssBytes ?? null,
  runnerRssBytes: second.runnerRssBytes ?? null,
  loopDelayP99Ms: second.loopDelayP99Ms ?? null,
  contextSwitches: second.contextSwitches ?? null,
  receivedBytes: second.receivedBytes ?? null,
  sentBytes: second.sentBytes ?? null,
  packageJoules: second.packageJoules ?? null,
});
