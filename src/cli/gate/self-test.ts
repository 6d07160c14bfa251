import type { GatePolicy } from '../../campaign/gate-policy.ts';
import { defaultGatePolicy } from '../../campaign/gate-schema.ts';
import type { WrittenCampaign } from '../campaign-file.ts';
import { beginGate, type GateEnd, type PairedOptions } from './paired.ts';

/** Long beside what the machine adds, so that the injected change decides. */
const SERVICE_MS = 200;

/** Against a target that sleeps: what is injected is all that changes. */
const sleeper = (serviceMs: number): WrittenCampaign => ({
  name: 'gate --self-test',
  folder: process.cwd(),
  text: `name: self-test
targets: { sleeper: { sleep: { constant: ${serviceMs}ms } } }
scenarios: { load: { load: { rate: 25/s, for: 4s }, arrivals: uniform, objectives: [] } }
fleet: { workers: 8 }
warmup: 500ms
drain: 1s
`,
});

const MEDIAN = { metric: 'response.p50', cell: null, better: 'lower', threshold: null, floor: null } as const;

export interface SelfTest {
  /** Null: it did not come to it. */
  readonly unchanged: GateEnd;
  readonly slowed: GateEnd | null;
  /** The gate failed the slowdown and did not fail what had not changed. */
  readonly proven: 'yes' | 'no' | 'not-told';
}

/** What is proven is that the threshold can be told: a floor above what is injected would hide it on any machine. */
export const selfTestPolicy = (usual: GatePolicy): GatePolicy => ({
  ...usual,
  metrics: [MEDIAN],
  acks: [],
  confirm: 'none',
  floorMs: Math.min(usual.floorMs, SERVICE_MS * usual.threshold),
});

/** Proves on this machine that twice the threshold fails and that nothing fails where nothing has changed. */
export async function selfTest(given: GatePolicy | null, options: PairedOptions): Promise<SelfTest> {
  const policy = selfTestPolicy(given ?? defaultGatePolicy());
  const unchanged = await beginGate({ baseline: sleeper(SERVICE_MS), candidate: sleeper(SERVICE_MS) }, policy, options);
  if (unchanged.kind === 'interrupted') return { unchanged, slowed: null, proven: 'not-told' };
  const slower = SERVICE_MS * (1 + 2 * policy.threshold);
  const slowed = await beginGate({ baseline: sleeper(SERVICE_MS), candidate: sleeper(slower) }, policy, options);
  if (slowed.kind === 'interrupted') return { unchanged, slowed, proven: 'not-told' };
  const caught = slowed.result.verdict === 'fail';
  const quiet = unchanged.result.verdict !== 'fail';
  const untrusted = [unchanged, slowed].some(({ result }) => result.verdict === 'invalid');
  return { unchanged, slowed, proven: untrusted ? 'not-told' : caught && quiet ? 'yes' : 'no' };
}
