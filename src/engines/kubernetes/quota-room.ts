import type { V1ResourceQuota } from '@kubernetes/client-node';
import { amount } from './quantity.ts';

/** What the quotas of a namespace leave, a sentence each. */
export interface QuotaRoom {
  /** What they will never give. */
  readonly never: readonly string[];
  /** What they do not give as long as others hold what they hold. */
  readonly notNow: readonly string[];
}

/**
 * Whether quotas leave room for so many pods, each with these requests and limits. A quota that counts only some pods (it has
 * scopes) is left to the server.
 */
export function quotaRoom(
  quotas: readonly V1ResourceQuota[],
  pods: number,
  each: { readonly requests: Readonly<Record<string, string>>; readonly limits: Readonly<Record<string, string>> },
): QuotaRoom {
  const demands = demandsOf(pods, each);
  const never: string[] = [];
  const notNow: string[] = [];
  for (const { metadata, spec, status } of quotas) {
    if (spec?.scopes !== undefined || spec?.scopeSelector !== undefined) continue;
    for (const [resource, most] of Object.entries(spec?.hard ?? {})) {
      const asked = demands[resource] ?? 0;
      const used = amount(status?.used?.[resource] ?? '0');
      const said = `quota ${metadata?.name} allows ${most} ${resource}`;
      if (asked > amount(most)) never.push(`${said}, ${asked} are asked for`);
      else if (asked > amount(most) - used) {
        notNow.push(`${said}, ${status?.used?.[resource]} are used and ${asked} are asked for`);
      }
    }
  }
  return { never, notNow };
}

/** By the names that quotas have for them (core/v1, "Resource Quotas"). */
function demandsOf(
  pods: number,
  { requests, limits }: Parameters<typeof quotaRoom>[2],
): Readonly<Record<string, number>> {
  const demands: Record<string, number> = {
    pods,
    'count/pods': pods,
    'count/jobs.batch': 1,
    secrets: 1,
    'count/secrets': 1,
  };
  for (const [resource, quantity] of Object.entries(requests)) {
    demands[`requests.${resource}`] = pods * amount(quantity);
    if (!resource.includes('/')) demands[resource] = pods * amount(quantity);
  }
  for (const [resource, quantity] of Object.entries(limits)) demands[`limits.${resource}`] = pods * amount(quantity);
  return demands;
}
