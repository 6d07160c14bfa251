import type { Campaign } from './campaign.ts';
import type { Finding } from './issue-sentence.ts';
import type { Path } from './mistake.ts';
import { campaignPath, type FileRules, modelName } from './paths.ts';
import type { Reading } from './quantity.ts';
import { namedFiles } from './sample-files.ts';
import type { TargetOptions } from './target-schema.ts';

/** Models that nobody knows, and files outside the campaign's folder. */
export function checkFiles(campaign: Campaign, options: FileRules): Finding[] {
  const ofTargets = campaign.targets.flatMap(({ name, target }) =>
    filesOf(target).map((file) => ({ ...file, path: ['targets', name, target.kind, ...file.path] })),
  );
  const ofScenarios = campaign.scenarios.flatMap(({ name, preset }) =>
    preset.kind === 'trace'
      ? [{ kind: 'file' as const, path: ['scenarios', name, 'trace', 'file'], found: preset.options.file }]
      : [],
  );
  return [...ofTargets, ...ofScenarios].flatMap(({ kind, path, found }) => {
    const reading: Reading<unknown> =
      kind === 'model' ? modelName(found, options.models, options.reach) : campaignPath(found, options.reach);
    return reading.ok ? [] : [{ path, message: reading.problem }];
  });
}

interface NamedFile {
  readonly kind: 'model' | 'file';
  /** Below the target's kind. */
  readonly path: Path;
  readonly found: string;
}

function filesOf(target: TargetOptions): NamedFile[] {
  switch (target.kind) {
    case 'onnx':
    case 'serve':
      return [{ kind: 'model', path: ['model'], found: target.options.model }, ...otherFiles(target)];
    case 'http':
    case 'grpc':
      return otherFiles(target);
    case 'k6':
      return [{ kind: 'file', path: ['script'], found: target.options.script }];
    case 'custom':
      return [{ kind: 'file', path: ['module'], found: target.options.module }];
    case 'null':
    case 'sleep':
      return [];
  }
}

const otherFiles = (target: TargetOptions): NamedFile[] =>
  namedFiles(target).map(({ path, found }) => ({ kind: 'file', path, found }));
