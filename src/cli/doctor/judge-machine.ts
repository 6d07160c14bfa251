import type { Finding } from './finding.ts';
import { judgeLimits, type LimitFacts } from './limits.ts';
import { judgeNetwork, type NetworkFacts } from './network.ts';
import { judgeNoise, type NoiseFacts } from './noise.ts';
import { judgeProcessor, type ProcessorFacts } from './processor.ts';
import { judgeRuntime, type RuntimeFacts } from './runtime.ts';
import { judgeStorage, type StorageFacts } from './storage.ts';
import { judgeTools, type ToolFacts } from './tools.ts';

export interface MachineFacts {
  readonly runtime: RuntimeFacts;
  readonly processor: ProcessorFacts;
  readonly limits: LimitFacts;
  readonly network: NetworkFacts;
  readonly storage: StorageFacts;
  readonly tools: ToolFacts;
  readonly noise: NoiseFacts;
}

/** One finding for each of the checks, in their order. Pure. */
export const judgeMachine = (facts: MachineFacts): readonly Finding[] => [
  ...judgeRuntime(facts.runtime),
  ...judgeProcessor(facts.processor),
  ...judgeLimits(facts.limits),
  ...judgeNetwork(facts.network),
  ...judgeStorage(facts.storage),
  ...judgeTools(facts.tools),
  ...judgeNoise(facts.noise),
];
