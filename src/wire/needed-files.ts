import type { FileOfPlan } from '../campaign/plan.ts';
import type { TrialSpec } from './trial-spec.ts';

/** Keys under which a specification names files by their paths. */
const PATHS: ReadonlySet<string> = new Set(['path', 'ca', 'certificate']);

/** The files of the plan that what an agent is to run names, each once. */
export function neededFiles(
  spec: Pick<TrialSpec, 'target' | 'phases'>,
  files: readonly FileOfPlan[],
): readonly FileOfPlan[] {
  const named = new Set<string>();
  gatherPaths([spec.target, spec.phases], named);
  return files.filter(({ path }) => named.has(path));
}

function gatherPaths(value: unknown, into: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inside] of Object.entries(value)) {
    if (typeof inside === 'string' && PATHS.has(key)) into.add(inside);
    else gatherPaths(inside, into);
  }
}

/**
 * The same specification for a node on which its files lie elsewhere: `places` by the paths that it names. What is derived
 * from files is kept in `cache` there.
 */
export function relocated(spec: TrialSpec, places: ReadonlyMap<string, string>, cache: string): TrialSpec {
  const placed = (key: string, value: unknown): unknown => {
    if (typeof value === 'string' && PATHS.has(key)) return places.get(value) ?? value;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((inside) => placed('', inside));
    const isFile = 'sha256' in value && 'cache' in value;
    const entries = Object.entries(value).map(([name, inside]) => [name, placed(name, inside)]);
    return { ...Object.fromEntries(entries), ...(isFile ? { cache } : {}) };
  };
  return {
    ...spec,
    target: placed('target', spec.target) as TrialSpec['target'],
    phases: placed('phases', spec.phases) as TrialSpec['phases'],
  };
}
