import { nearest } from '../campaign/nearest.ts';
import { bertBase } from './bert-base.ts';
import type { Graph } from './graph.ts';
import { MOBILENET_V2_RESOLUTIONS, MOBILENET_V2_WIDTHS, mobilenetV2 } from './mobilenet-v2.ts';
import { ModelError } from './model-error.ts';
import { resnet50 } from './resnet-50.ts';
import { tinyMlp } from './tiny-mlp.ts';

/** What a reference model is made of, counted as its publication counts: see the architecture's own file. */
export interface ReferenceModelFacts {
  /** Trainable, with batch normalisations not yet folded. */
  readonly parameters: number;
  /** Of these, scale and shift of batch normalisations. */
  readonly batchNorm: number;
  /** Multiply-accumulates of one sample (bert-base: of 128 tokens). */
  readonly macs: number;
}

/** A new model is one file that returns a graph, and a line here. */
const ARCHITECTURES: ReadonlyMap<string, () => Graph> = new Map([
  ['tiny-mlp', tinyMlp],
  ['mobilenet-v2', () => mobilenetV2('mobilenet-v2', 1, 224)],
  ...mobilenetVariants(),
  ['resnet-50', resnet50],
  ['bert-base', bertBase],
]);

/** `mobilenet-v2-<width>-<resolution>`, for example `mobilenet-v2-1.0-128`; `mobilenet-v2` is width 1.0 at 224. */
function mobilenetVariants(): [string, () => Graph][] {
  return MOBILENET_V2_WIDTHS.flatMap((width) =>
    MOBILENET_V2_RESOLUTIONS.map((resolution): [string, () => Graph] => {
      const name = `mobilenet-v2-${Number.isInteger(width) ? width.toFixed(1) : width}-${resolution}`;
      return [name, () => mobilenetV2(name, width, resolution)];
    }),
  );
}

export const referenceModelNames: readonly string[] = [...ARCHITECTURES.keys()];

export const isReferenceModel = (name: string): boolean => ARCHITECTURES.has(name);

/** Reference models with a dimension, besides that of the batch, that every campaign has to bind. */
export const boundReferences: ReadonlySet<string> = new Set(['bert-base']);

/** The reference model that a mistyped name most likely means, or null. */
export const nearestReference = (name: string): string | null => nearest(name, referenceModelNames);

/** @throws ModelError `unknown-model`. */
export const referenceModelFacts = (name: string): ReferenceModelFacts => referenceGraph(name).counts;

/** @throws ModelError `unknown-model`. */
export function referenceGraph(name: string): Graph {
  const architecture = ARCHITECTURES.get(name);
  if (architecture !== undefined) return architecture();
  const near = nearestReference(name);
  const hint = near === null ? `one of ${referenceModelNames.join(', ')}` : `did you mean ${near}?`;
  throw new ModelError('unknown-model', `model: found ${name}, which is no reference model; ${hint}`);
}
