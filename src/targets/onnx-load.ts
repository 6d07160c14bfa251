import { dirname } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { type BrainPorts, floatName, withFloatPorts } from '../models/float-ports.ts';
import type { Feeds } from './onnx-inputs.ts';

/** A model to be loaded. */
export interface ModelFile {
  readonly path: string;
  /** What of it is bfloat16, which the binding has no tensors of; null: nothing. */
  readonly brain: BrainPorts | null;
}

/** What is used of onnxruntime's session. */
export interface Session {
  readonly outputNames: readonly string[];
  run(feeds: Feeds): Promise<InferenceSession.OnnxValueMapType>;
  endProfiling(): void;
  release(): Promise<void>;
}

/**
 * Loads the model. Its inputs and outputs of bfloat16 are taken and given as float32, under the names that they have, which
 * costs two Casts and two small objects for each run; a model without them is the session itself.
 */
export async function loadedSession(
  { path, brain }: ModelFile,
  options: InferenceSession.SessionOptions,
): Promise<Session> {
  if (brain === null) return await InferenceSession.create(path, options);
  const session = await InferenceSession.create(withFloatPorts(path, brain), {
    ...options,
    extra: { ...options.extra, 'session.model_external_initializers_file_folder_path': dirname(path) },
  });
  return underOwnNames(session, brain);
}

function underOwnNames(session: InferenceSession, { inputs, outputs }: BrainPorts): Session {
  const given = new Map(inputs.map((name) => [name, floatName.input(name)]));
  const told = new Map(outputs.map((name) => [floatName.output(name), name]));
  return {
    outputNames: session.outputNames.map((name) => told.get(name) ?? name),
    run: async (feeds) => renamed(await session.run(renamed(feeds, given)), told),
    endProfiling: () => session.endProfiling(),
    release: () => session.release(),
  };
}

const renamed = <T>(values: Readonly<Record<string, T>>, names: ReadonlyMap<string, string>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [names.get(name) ?? name, value]));
