import type { Campaign } from './campaign.ts';
import { modulesOf } from './custom-plan.ts';
import type { Finding } from './issue-sentence.ts';
import { scriptsOf } from './k6-plan.ts';
import { nearest } from './nearest.ts';
import { campaignPath, type Reach } from './paths.ts';
import type { FileOfPlan } from './plan.ts';
import { modelsOf, type PlanContext } from './plan-context.ts';
import { listed, quoted, type Reading } from './quantity.ts';
import { samplesOf } from './sample-files.ts';
import { tracesOf } from './trace-plan.ts';

/** A file as the campaign names it, and what lies beside it that it cannot do without. */
interface Named {
  readonly name: string;
  readonly file: File;
  readonly beside: readonly File[];
}

type File = Pick<FileOfPlan, 'path' | 'sha256' | 'bytes'>;

/** Every file that will be read, each once; with where it lies on every node, if the campaign says so. */
export function filesOfPlan(campaign: Campaign, context: PlanContext): readonly FileOfPlan[] {
  const there = declared(campaign, context.reach);
  const files = namedFilesOf(campaign, context).flatMap(({ name, file, beside }) => {
    const at = there.get(name);
    if (at === undefined) return [file, ...beside].map(plain);
    const from = folderOf(file.path);
    const besideThere = beside.map((one) =>
      one.path.startsWith(from)
        ? { ...plain(one), there: `${folderOf(at)}${one.path.slice(from.length)}` }
        : plain(one),
    );
    return [{ ...plain(file), there: at }, ...besideThere];
  });
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

/** Files that are said to lie on the nodes already and that no cell names. */
export function undeclaredProblems(campaign: Campaign, context: PlanContext): readonly Finding[] {
  const names = [...new Set(namedFilesOf(campaign, context).map(({ name }) => name))];
  return Object.keys(campaign.fleet.alreadyThere).flatMap((found) => {
    const path = campaignPath(found, context.reach);
    if (path.ok && names.includes(path.value)) return [];
    const near = nearest(found, names);
    const expected =
      names.length === 0
        ? 'no cell names a file'
        : near === null
          ? `expected ${listed(names)}`
          : `did you mean ${near}?`;
    const message = path.ok ? `found ${quoted(found)}, which no cell names; ${expected}` : path.problem;
    return [{ path: ['fleet', 'alreadyThere', found], message }];
  });
}

function namedFilesOf(campaign: Campaign, context: PlanContext): readonly Named[] {
  const { models, reach, staged, traces, modules, samples, scripts } = context;
  return [
    ...modelsOf(campaign, models, reach).map(({ key, model }) => {
      const name = model.kind === 'reference' ? model.name : model.path;
      return named(name, staged.get(key), (one) => one.data ?? []);
    }),
    ...scriptsOf(campaign, reach).map(({ key, name }) => named(name, scripts?.get(key), (one) => one.beside ?? [])),
    ...tracesOf(campaign, reach).map((name) => named(name, traces.get(name), () => [])),
    ...modulesOf(campaign, reach).map((name) => named(name, modules.get(name), (one) => one.beside ?? [])),
    ...samplesOf(campaign, reach).map(({ key, path }) => named(path, samples.get(key), () => [])),
  ].flat();
}

const named = <F extends File>(
  name: string,
  reading: Reading<F> | undefined,
  besideOf: (file: F) => readonly File[],
): readonly Named[] => (reading?.ok === true ? [{ name, file: reading.value, beside: besideOf(reading.value) }] : []);

/** By the name of the file as the campaign gives it, normalised. */
function declared({ fleet }: Campaign, reach: Reach): ReadonlyMap<string, string> {
  const entries = Object.entries(fleet.alreadyThere).map(([found, at]): readonly [string, string] => {
    const path = campaignPath(found, reach);
    return [path.ok ? path.value : found, at];
  });
  return new Map(entries);
}

const plain = ({ path, sha256, bytes }: File): FileOfPlan => ({ path, sha256, bytes });

/** With the slash at its end. */
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);
