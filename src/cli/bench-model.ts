import { existsSync } from 'node:fs';
import { basename, extname, isAbsolute, relative, resolve } from 'node:path';
import { isReferenceModel } from '../models/registry.ts';
import type { BenchModel } from './bench-campaign.ts';

/** A path inside the working folder is named as from there, so that a printed campaign can move with the model. */
export function modelOf(model: string, folder: string): BenchModel {
  if (isReferenceModel(model)) return { named: model, stem: model };
  const stem = basename(model, extname(model));
  const path = resolve(folder, model);
  if (!existsSync(path)) return { named: model, stem };
  const near = relative(folder, path);
  const isInside = near !== '' && !near.startsWith('..') && !isAbsolute(near);
  return { named: isInside ? `./${near}` : path, stem };
}
