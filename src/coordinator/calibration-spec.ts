import type { Cell } from '../campaign/plan.ts';
import { isNetwork, type NetworkSpec } from '../campaign/target-spec.ts';
import type { CalibrationSpec, Driver } from '../wire/calibration.ts';

/** A request's body where only the endpoint will tell how large it is. */
const USUAL_BODY_BYTES = 1024;

/** What must be known of the harness itself for a cell. */
export function calibrationSpec({ spec, pacing, workers, agents }: Cell): CalibrationSpec {
  if (spec.kind === 'k6') return k6Spec(Math.ceil(spec.vus / agents));
  if (!isNetwork(spec)) return { driver: 'in-process', size: null, pacing, workers };
  const { connections, streams, tls } = spec;
  const security = tls === null ? 'plain' : 'tls';
  const size = { connections, streams, bodyBytes: bodyBytes(spec), security } as const;
  return { driver: driverOf(spec), size, pacing, workers };
}

/** Fewer hardly differ; more take longer to start and send no more. */
const FEWEST_VUS = 16;
const MOST_VUS = 256;

/** Virtual users rounded up to a power of two, so that few calibrations serve; k6 has neither pacing nor workers of ours. */
function k6Spec(vus: number): CalibrationSpec {
  const connections = Math.min(MOST_VUS, 2 ** Math.ceil(Math.log2(Math.max(FEWEST_VUS, vus))));
  return { driver: 'k6', size: { connections, streams: 1, bodyBytes: 0 }, pacing: 'precise', workers: 1 };
}

function driverOf(spec: NetworkSpec): Driver {
  if (spec.kind === 'grpc') return 'grpc';
  return spec.version === '2' ? 'http/2' : 'http/1.1';
}

/** Rounded up to a power of two, so that bodies of nearly one size share a calibration. */
function bodyBytes({ call }: NetworkSpec): number {
  if (call.kind !== 'plain') return USUAL_BODY_BYTES;
  const length = call.body?.length ?? 0;
  return length === 0 ? 0 : 2 ** Math.ceil(Math.log2(length));
}
