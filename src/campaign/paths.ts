import { nearest } from './nearest.ts';
import { listed, quoted, type Reading, read, refuse } from './quantity.ts';

/** Whether a campaign may name files outside its own folder. */
export type Reach = 'inside' | 'anywhere';

/** A path as a campaign names it, normalised: relative to the campaign's folder, or absolute where that is allowed. */
export function campaignPath(found: string, reach: Reach): Reading<string> {
  if (found.includes('\0')) return refuse('found a path with a zero byte, expected a file name');
  const absolute = found.startsWith('/') || /^[A-Za-z]:[\\/]/u.test(found);
  const steps: string[] = [];
  for (const step of found.split('/')) {
    if (step === '' || step === '.') continue;
    if (step === '..' && steps.length > 0 && steps.at(-1) !== '..') steps.pop();
    else steps.push(step);
  }
  const escapes = absolute || steps[0] === '..';
  if (escapes && reach === 'inside') {
    return refuse(
      `found ${quoted(found)}, expected a path inside the campaign's folder, for example ${steps.at(-1) ?? 'models/classifier.onnx'} (--allow-outside allows others)`,
    );
  }
  return read(found.startsWith('/') ? `/${steps.join('/')}` : steps.join('/'));
}

/** A model as a campaign names it. `path` is as of {@link campaignPath}. */
export type ModelName =
  | { readonly kind: 'reference'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

/** What is known of reference models. */
export interface ReferenceModels {
  readonly names: readonly string[];
  /** Also of names that follow a pattern, such as mobilenet-v2-1.0-128. */
  has(name: string): boolean;
  /** Whether something of this name lies in the campaign's folder, a SavedModel's folder for instance; absent: nobody looked. */
  readonly lies?: (name: string) => boolean;
}

/** What decides which files a campaign may name. */
export interface FileRules {
  readonly models: ReferenceModels;
  readonly reach: Reach;
}

/** A reference model's name, or else a path: what holds a slash, ends like a file, or lies there. */
export function modelName(found: string, models: ReferenceModels, reach: Reach): Reading<ModelName> {
  if (models.has(found)) return read({ kind: 'reference', name: found });
  const isPath = found.includes('/') || /\.[A-Za-z][A-Za-z0-9]*$/u.test(found) || models.lies?.(found) === true;
  if (!isPath) return refuse(unknownModel(found, models));
  const path = campaignPath(found, reach);
  return path.ok ? read({ kind: 'file', path: path.value }) : path;
}

function unknownModel(found: string, models: ReferenceModels): string {
  const near = nearest(found, models.names);
  const hint =
    near === null
      ? `expected ${listed(families(models.names))}, or the path of an .onnx file`
      : `did you mean ${near}? Files are named with their ending`;
  return `found the model ${quoted(found)}, ${hint}, for example models/classifier.onnx`;
}

/** Names without those that are another name and a variant. */
const families = (names: readonly string[]): readonly string[] =>
  names.filter((name) => !names.some((other) => name.startsWith(`${other}-`)));
