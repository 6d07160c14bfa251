import type { Campaign } from './campaign.ts';
import { expand } from './expand.ts';
import type { Finding } from './issue-sentence.ts';
import { campaignPath, type Reach } from './paths.ts';
import type { FileOfPlan } from './plan.ts';
import { type Reading, read, refuse } from './quantity.ts';
import type { TargetOptions } from './target-schema.ts';
import type { CustomSpec } from './target-spec.ts';

/** A module that lies ready: absolute path, `sha256` of its bytes in lowercase hexadecimal. */
export interface StagedModule {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Files beside it that it names; absent: none. */
  readonly beside?: readonly FileOfPlan[];
}

/** Staged modules by the normalised path that the campaign gives; or the sentence that says why one is not. */
export type StagedModules = ReadonlyMap<string, Reading<StagedModule>>;

/** The modules of all cells, each once, as normalised paths: what is to be staged before planning. */
export function modulesOf(campaign: Campaign, reach: Reach): readonly string[] {
  const paths = expand(campaign).flatMap(({ options }) => {
    const path = options.kind === 'custom' ? campaignPath(options.options.module, reach) : null;
    return path?.ok === true ? [path.value] : [];
  });
  return [...new Set(paths)];
}

type CustomOptions = Extract<TargetOptions, { kind: 'custom' }>['options'];

/** The target with its module's digest; refused with the sentence that says why the module is not there. */
export function customSpec(written: CustomOptions, reach: Reach, modules: StagedModules): Reading<CustomSpec> {
  const { module, options, batch, openWithin } = written;
  const path = campaignPath(module, reach);
  if (!path.ok) return path;
  const staged = modules.get(path.value) ?? refuse(`found ${module}, which was not staged`);
  if (!staged.ok) return staged;
  const { path: absolute, sha256, beside } = staged.value;
  return read({
    kind: 'custom',
    module: { name: path.value, path: absolute, sha256, ...(beside === undefined ? {} : { beside }) },
    options,
    batch,
    openWithinNs: openWithin,
  });
}

/** Targets of cells that would run a campaign's own code although nobody allowed that. */
export function unallowedCode(campaign: Campaign): readonly Finding[] {
  const targets = new Map(
    expand(campaign).flatMap(({ target, options }) =>
      options.kind === 'custom' ? [[target.name, options.options.module] as const] : [],
    ),
  );
  return [...targets].map(([name, module]) => ({
    path: ['targets', name, 'custom', 'module'],
    message: `found ${module}, code that the campaign brings along; expected --allow-code on the command line from somebody who trusts it`,
  }));
}
