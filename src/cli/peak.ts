import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { modelOf } from './bench-model.ts';
import type { WrittenCampaign } from './campaign-file.ts';
import { Failure } from './failure.ts';
import { filePeakCampaign, modelPeakCampaign, type PeakFlags } from './peak-campaign.ts';
import { type RunOptions, runCampaign } from './run.ts';
import type { Supervisor } from './supervise.ts';

const USAGE = EXIT_CODES['before-start'].code;

export interface PeakOptions extends PeakFlags, RunOptions {
  readonly model?: string;
  readonly printCampaign?: boolean;
}

/** `loadcell peak`: searches the maximum rate of a campaign's targets, or of one model. Resolves to the exit code. */
export async function runPeak(
  file: string | undefined,
  options: PeakOptions,
  supervise: () => Supervisor,
): Promise<number> {
  const campaign = file === undefined ? ofModel(options) : await ofFile(file, options);
  if (options.printCampaign === true) {
    process.stdout.write(campaign.text);
    return EXIT_CODES.pass.code;
  }
  // The user names a model on the command line, so it may lie anywhere.
  return runCampaign(campaign, file === undefined ? { ...options, allowOutside: true } : options, supervise());
}

function ofModel(options: PeakOptions): WrittenCampaign {
  const { model } = options;
  if (model === undefined)
    throw new Failure(
      USAGE,
      'peak: found neither a campaign nor a model, expected one of them, for example loadcell peak campaigns/load.yaml or loadcell peak --model mobilenet-v2',
    );
  const folder = process.cwd();
  const built = modelPeakCampaign(options, modelOf(model, folder));
  if (!built.ok) throw new Failure(USAGE, built.problems);
  return { name: built.name, folder, text: built.text };
}

/** Flags that describe a model, which a campaign describes itself. */
const OF_MODEL = {
  model: '--model',
  p95: '--p95',
  batch: '--batch',
  workers: '--workers',
  agents: '--agents',
} as const;

async function ofFile(file: string, options: PeakOptions): Promise<WrittenCampaign> {
  const beside = Object.entries(OF_MODEL).flatMap(([key, flag]) =>
    options[key as keyof typeof OF_MODEL] === undefined ? [] : [flag],
  );
  if (beside.length > 0)
    throw new Failure(
      USAGE,
      `peak: found ${beside.join(' and ')} beside the campaign ${file}, expected one of them; --set changes a campaign, for example --set fleet.workers=2`,
    );
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Failure(USAGE, `${file}: cannot be read, expected a campaign file, for example campaigns/load.yaml`);
  });
  const built = filePeakCampaign(text, basename(file), options);
  if (!built.ok) throw new Failure(USAGE, built.problems);
  return { name: basename(file), folder: dirname(resolve(file)), text: built.text };
}
