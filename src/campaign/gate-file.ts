import type { GatePolicy } from './gate-policy.ts';
import { gatePolicyOf, gateSchema } from './gate-schema.ts';
import { findingsOf } from './issue-sentence.ts';
import type { Mistake } from './mistake.ts';
import { isMap } from './override.ts';
import { mistakeOf } from './parse.ts';
import { readSource } from './source-tree.ts';

export type ParsedPolicy =
  | { readonly ok: true; readonly policy: GatePolicy }
  /** Never empty. */
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

/** Reads a YAML file that holds a gate's policy and nothing else: what stands below `gate` in a campaign. */
export function parseGateFile(text: string, fileName: string): ParsedPolicy {
  const tree = readSource(text, fileName);
  if (tree.unreadable || tree.mistakes.length > 0) return { ok: false, mistakes: tree.mistakes };
  const data = tree.data ?? {};
  const parsed = gateSchema.safeParse(data, { reportInput: true });
  if (parsed.success) return { ok: true, policy: gatePolicyOf(parsed.data) };
  return {
    ok: false,
    mistakes: findingsOf(gateSchema, parsed.error.issues).map((finding) => mistakeOf(finding, tree)),
  };
}

/** What a campaign file says below `gate`, by itself; null: nothing, or nothing that can be read. */
export function gateOfCampaign(text: string): GatePolicy | null {
  const { data } = readSource(text, 'campaign.yaml');
  if (!isMap(data) || data.gate === undefined) return null;
  const parsed = gateSchema.safeParse(data.gate);
  return parsed.success ? gatePolicyOf(parsed.data) : null;
}
