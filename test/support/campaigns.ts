import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Campaign } from '../../src/campaign/campaign.ts';
import { modulesOf } from '../../src/campaign/custom-plan.ts';
import { scriptsOf } from '../../src/campaign/k6-plan.ts';
import type { Mistake } from '../../src/campaign/mistake.ts';
import { type ParseOptions, parseCampaign } from '../../src/campaign/parse.ts';
import type { ReferenceModels } from '../../src/campaign/paths.ts';
import type { Plan } from '../../src/campaign/plan.ts';
import { buildPlan } from '../../src/campaign/plan-build.ts';
import { modelsOf, type PlanContext } from '../../src/campaign/plan-context.ts';
import { samplesOf } from '../../src/campaign/sample-files.ts';
import { noFiles } from '../../src/scenarios/byte-reader.ts';
import type { TextHash } from '../../src/scenarios/digest.ts';
import { seconds } from '../../src/time/ns.ts';

const names = ['tiny-mlp', 'mobilenet-v2', 'resnet-50', 'bert-base'];

export const referenceModels: ReferenceModels = {
  names,
  has: (name) => names.includes(name) || /^mobilenet-v2-\d\.\d+-\d+$/.test(name),
};

const strict: ParseOptions = {
  overlays: [],
  settings: [],
  environment: {},
  models: referenceModels,
  reach: 'inside',
  guard: 'holds',
};

export const parse = (text: string, options: Partial<ParseOptions> = {}) =>
  parseCampaign(text, 'campaign.yaml', { ...strict, ...options });

/** The campaign of a text that must be right. */
export function campaignOf(text: string, options: Partial<ParseOptions> = {}): Campaign {
  const parsed = parse(text, options);
  if (!parsed.ok) throw new Error(parsed.mistakes.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return parsed.campaign;
}

/** The mistakes of a text that must be wrong. */
export function mistakesOf(text: string, options: Partial<ParseOptions> = {}): readonly Mistake[] {
  const parsed = parse(text, options);
  if (parsed.ok) throw new Error('the campaign was accepted');
  return parsed.mistakes;
}

/** `path: message` of each mistake. */
export const sentencesOf = (text: string, options: Partial<ParseOptions> = {}): string[] =>
  mistakesOf(text, options).map(({ path, message }) => `${path}: ${message}`);

export const sha256 = (): TextHash => {
  const hash = createHash('sha256');
  return {
    update: (text) => {
      hash.update(text);
    },
    hex: () => hash.digest('hex'),
  };
};

/** Every sample file that a campaign names, as if it lay ready. */
const stagedSamples = (campaign: Campaign): PlanContext['samples'] =>
  new Map(
    samplesOf(campaign, 'inside').map(({ key, path }) => [
      key,
      { ok: true, value: { path: `/samples/${path}`, sha256: 'cd'.repeat(32), bytes: 34, cache: '/cache' } },
    ]),
  );

/** What k6 would say of a script's own scenarios. */
const OWN_SCENARIOS = {
  scenarios: { main: { executor: 'constant-vus', vus: 8, duration: '30s' } },
  mostVus: 8,
  durationNs: seconds(5),
  teardownNs: seconds(60),
  executors: 'closed',
  highestRate: 20,
  thresholds: {},
  aborts: [],
  functions: ['default'],
} as const;

export function planContext(campaign: Campaign, changes: Partial<PlanContext> = {}): PlanContext {
  const staged = modelsOf(campaign, referenceModels, 'inside').map(
    ({ key }) =>
      [
        key,
        { ok: true, value: { path: `/models/${key.replace(/^\w+:/, '')}`, sha256: 'ab'.repeat(32), bytes: 12 } },
      ] as const,
  );
  return {
    drawnSeed: '99',
    loadcell: '0.0.0',
    campaignDigest: 'sha256:00',
    createHash: sha256,
    models: referenceModels,
    reach: 'inside',
    staged: new Map(staged),
    modules: new Map(
      modulesOf(campaign, 'inside').map((name) => [
        name,
        { ok: true, value: { path: `/campaign/${name}`, sha256: 'cd'.repeat(32), bytes: 34 } },
      ]),
    ),
    scripts: new Map(
      scriptsOf(campaign, 'inside').map(({ key, name }) => [
        key,
        {
          ok: true,
          value: {
            path: `/campaign/${name}`,
            sha256: 'ef'.repeat(32),
            bytes: 56,
            tearsDown: name.includes('tears-down'),
            own: OWN_SCENARIOS,
          },
        },
      ]),
    ),
    guard: 'holds',
    traces: new Map(),
    samples: stagedSamples(campaign),
    openFile: noFiles,
    ...changes,
  };
}

/** The plan of a text that must be right. */
export function planOf(text: string, options: Partial<ParseOptions> = {}): Plan {
  const campaign = campaignOf(text, options);
  const planned = buildPlan(campaign, planContext(campaign));
  if (!planned.ok) throw new Error(planned.mistakes.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return planned.plan;
}

/** Campaign files of a folder, by name. */
export const campaignFiles = (folder: string): { readonly name: string; readonly text: string }[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
