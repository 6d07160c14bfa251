import type { ScenarioSpec } from '../scenarios/scenario-spec.ts';
import { customSpec } from './custom-plan.ts';
import { grpcSpec, httpSpec } from './endpoint-plan.ts';
import type { MatrixCell } from './expand.ts';
import { k6Spec } from './k6-plan.ts';
import type { Path } from './mistake.ts';
import { modelName } from './paths.ts';
import { modelKey, type PlanContext } from './plan-context.ts';
import { type Reading, read, refuse } from './quantity.ts';
import { feedsOf } from './sample-files.ts';
import { serveSpec } from './serve-plan.ts';
import type { ModelSource, TargetSpec } from './target-spec.ts';

/** Where a target says what it is made from. */
export const sourceOf = ({ options: { kind } }: MatrixCell): Path => [
  kind,
  kind === 'custom' ? 'module' : kind === 'k6' ? 'script' : 'model',
];

/** What a cell measures, with nothing left to decide. `load`: null where the target brings its own scenarios. */
export function targetSpec(
  { options }: MatrixCell,
  context: PlanContext,
  load: ScenarioSpec | null,
): Reading<TargetSpec> {
  switch (options.kind) {
    case 'null':
      return read({ kind: 'null' });
    case 'sleep':
      return read({ kind: 'sleep', law: options.options });
    case 'onnx': {
      const { model: found, providers, require, threads, session, batch, bind } = options.options;
      const model = modelSource(found, context);
      if (!model.ok) return model;
      return read({
        kind: 'onnx',
        model: model.value,
        providers,
        require,
        threads,
        session,
        batch,
        bind,
        ...feedsOf(options.options, context),
      });
    }
    case 'serve': {
      const model = modelSource(options.options.model, context);
      return model.ok ? read(serveSpec(options.options, model.value, context)) : model;
    }
    case 'http':
      return read(httpSpec(options.options, context));
    case 'grpc':
      return read(grpcSpec(options.options, context));
    case 'custom':
      return customSpec(options.options, context.reach, context.modules);
    case 'k6':
      return k6Spec(options.options, context.reach, context.scripts ?? new Map(), load);
  }
}

function modelSource(found: string, { models, reach, staged }: PlanContext): Reading<ModelSource> {
  const model = modelName(found, models, reach);
  if (!model.ok) return model;
  const file = staged.get(modelKey(model.value));
  if (file === undefined) return refuse(`found ${found}, which was not staged`);
  if (!file.ok) return file;
  const { path, sha256, data } = file.value;
  return read(
    model.value.kind === 'reference'
      ? { kind: 'reference', name: model.value.name, path, sha256 }
      : { kind: 'file', path, sha256, ...(data === undefined ? {} : { data }) },
  );
}
