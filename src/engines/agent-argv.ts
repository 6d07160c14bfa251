import { wantedGpus } from '../campaign/instance.ts';
import { formatWantedGpus } from '../gpu/arrival.ts';
import type { AgentGroup, AttemptKey } from './engine.ts';

/** What all agents of an attempt are told as arguments, whatever places them; the token is none, any user may read those. */
export function agentArgv(
  { coordinator, instance, registerWithinS }: AgentGroup,
  { runId, attempt }: AttemptKey,
): readonly string[] {
  const wanted = wantedGpus(instance);
  const expects = wanted === null ? [] : ['--expects', formatWantedGpus(wanted)];
  const within = registerWithinS === undefined ? [] : ['--register-within', `${registerWithinS}`];
  return ['--coordinator', coordinator, '--run', runId, '--attempt', `${attempt}`, ...expects, ...within];
}
