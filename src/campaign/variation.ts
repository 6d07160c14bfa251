import type { CampaignTarget, Combination, VariedValue } from './campaign.ts';
import { findingsOf } from './issue-sentence.ts';
import type { Path } from './mistake.ts';
import { nearest } from './nearest.ts';
import { parsePath, replaced } from './override.ts';
import { listed, quoted, type Reading, read, refuse } from './quantity.ts';
import { type TargetKind, type TargetOptions, targetSchema } from './target-schema.ts';

/** Names that stand for a place in the target or in the fleet. */
export const SHORT_NAMES = ['batch', 'workers', 'threads', 'agents', 'instance'] as const;

const WITH_BATCH: readonly TargetKind[] = ['onnx', 'serve', 'http', 'grpc', 'custom'];
const WITH_THREADS: readonly TargetKind[] = ['onnx', 'serve'];

/** Where a varied key takes effect for a target; null: it has no meaning there. */
export type Effect = { readonly on: 'fleet' } | { readonly on: 'target'; readonly path: Path };

export function effectOf(key: string, kind: TargetKind): Effect | null {
  switch (key) {
    case 'agents':
    case 'instance':
      return { on: 'fleet' };
    case 'workers':
      return kind === 'k6' ? null : { on: 'fleet' };
    case 'batch':
      return WITH_BATCH.includes(kind) ? { on: 'target', path: [kind, 'batch'] } : null;
    case 'threads':
      return WITH_THREADS.includes(kind) ? { on: 'target', path: [kind, 'threads'] } : null;
    default: {
      const path = parsePath(key);
      return path !== null && path.length > 1 && path[0] === kind ? { on: 'target', path } : null;
    }
  }
}

/** What is wrong with a varied key as such, whatever its values; null: nothing. */
export function keyProblem(key: string, kinds: readonly TargetKind[]): string | null {
  if (SHORT_NAMES.some((name) => name === key)) return null;
  if (kinds.some((kind) => effectOf(key, kind) !== null)) return null;
  const near = nearest(key, SHORT_NAMES);
  const hint =
    near === null
      ? `expected ${listed(SHORT_NAMES)}, or a dotted path below a target, for example onnx.threads`
      : `did you mean ${near}?`;
  return `found the key ${quoted(key)}, ${hint}`;
}

/** The combination without the keys that mean nothing for a target. */
export const meaningful = (combination: Combination, kind: TargetKind): Combination =>
  combination.filter(([key]) => effectOf(key, kind) !== null);

/** A target with varied values in their places; refused with the sentence of the first value that does not fit. */
export function variantOf(target: CampaignTarget, combination: Combination): Reading<TargetOptions> {
  const { kind } = target.target;
  let source: unknown = target.source;
  for (const [key, value] of combination) {
    const effect = effectOf(key, kind);
    if (effect?.on === 'target') source = replaced(source, effect.path, value);
  }
  if (source === target.source) return read(target.target);
  const parsed = targetSchema.safeParse(source, { reportInput: true });
  if (parsed.success) return read(parsed.data.chosen);
  return refuse(findingsOf(targetSchema, parsed.error.issues)[0]?.message ?? 'found a value that does not fit');
}

const FLEET_BOUNDS = { agents: 10_000, workers: 4096 } as const;

/** What is wrong with one value of a key for a target; null: nothing. */
export function valueProblem(target: CampaignTarget, key: string, value: VariedValue): string | null {
  if (key === 'agents' || key === 'workers') {
    const most = FLEET_BOUNDS[key];
    const fits = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most;
    return fits ? null : `found ${quoted(value)}, expected a whole number from 1 to ${most}, for example 2`;
  }
  const variant = variantOf(target, [[key, value]]);
  return variant.ok ? null : variant.problem;
}

export const MOST_COMBINATIONS = 1000;

/** Every combination of the values of each key, the last key fastest; null when there are too many. */
export function combinationsOf(keys: Readonly<Record<string, readonly VariedValue[]>>): readonly Combination[] | null {
  let combinations: Combination[] = [[]];
  for (const [key, values] of Object.entries(keys)) {
    if (combinations.length * values.length > MOST_COMBINATIONS) return null;
    combinations = combinations.flatMap((known) => values.map((value): Combination => [...known, [key, value]]));
  }
  return combinations;
}
