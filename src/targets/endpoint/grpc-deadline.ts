import type { Ns } from '../../time/ns.ts';

/** Units of gRPC's timeout, nanoseconds, from the finest. */
const UNITS = [
  ['u', 1e3],
  ['m', 1e6],
  ['S', 1e9],
  ['H', 3600e9],
] as const;
/** Of eight digits, the most that the protocol has. */
const LARGEST = 99_999_999;

/** The value of `grpc-timeout`: no less than the deadline, in the finest unit that holds it. */
export function grpcTimeout(deadlineNs: Ns): string {
  const [unit, ns] = UNITS.find(([, each]) => Math.ceil(deadlineNs / each) <= LARGEST) ?? UNITS[3];
  return `${Math.min(LARGEST, Math.ceil(deadlineNs / ns))}${unit}`;
}
