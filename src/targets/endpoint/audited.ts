import type { SameSampleSpec } from '../../campaign/endpoint-spec.ts';
import type { NetworkContext } from '../network-target.ts';
import type { Probed } from './opening.ts';
import type { PreparedRequest } from './prepared-request.ts';
import { AUDIT_WARM, type RepeatFacts, repeatFacts, sameSampleAudit } from './same-sample.ts';

/**
 * Asks an endpoint for samples twice, where its campaign says so and this thread is the one that does.
 *
 * @param ask sends a request and reads its answer whole; whether it counts.
 */
export async function audited(
  audit: SameSampleSpec | null,
  { unsent }: Pick<Probed, 'unsent'>,
  context: Pick<NetworkContext, 'audits' | 'freshSeed' | 'now' | 'random'>,
  ask: (request: PreparedRequest) => Promise<boolean>,
): Promise<RepeatFacts | null> {
  if (audit === null || !context.audits) return null;
  const source = await unsent(audit.pairs + AUDIT_WARM, context.freshSeed);
  const finding = await sameSampleAudit({
    ...audit,
    count: source.count,
    ask: (sample) => ask(source.request(sample)).catch(() => false),
    now: () => context.now(),
    random: () => context.random(),
  });
  source.close();
  return repeatFacts(finding);
}
