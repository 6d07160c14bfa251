import { driverComparison } from '../report/driver-comparison.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { laidCampaign } from './campaign-file.ts';
import { Failure } from './failure.ts';
import { printJson, type RunOptions, runCampaign } from './run.ts';
import type { Supervisor } from './supervise.ts';

/** Presets whose arrivals follow a law that can be chosen. */
const OPEN = ['load', 'soak', 'ramp', 'stress', 'spike', 'breakpoint', 'phases', 'peak'];

/**
 * `loadcell compare-drivers`: runs a campaign that has one endpoint twice, as a k6 target and as a built-in one, trials
 * interleaved and arrivals uniform for both, and shows what differs and why. Resolves to the verdict's exit code.
 */
export async function compareDrivers(file: string, options: RunOptions, supervisor: Supervisor): Promise<number> {
  const settings = [...options.set, 'order=interleaved', ...(await uniform(file, options))];
  return await runCampaign(file, { ...options, set: settings }, supervisor, (summary, folder, exitCode) => {
    const lines = driverComparison(summary);
    if (lines.length === 0) process.stderr.write(`loadcell: ${NO_PAIR}\n`);
    else if (options.json === true) printJson(summary, folder, exitCode);
    else process.stdout.write(`${lines.join('\n')}results  ${folder}\n`);
  });
}

const NO_PAIR =
  'compare-drivers: found no scenario that a k6 target and another one both ran; expected targets such as { k6: ... } and { http: ... } of one endpoint';

/** k6 knows no other law: both are to meet the same instants. Of what is no campaign whoever runs it says so. */
async function uniform(file: string, options: RunOptions): Promise<readonly string[]> {
  const laid: unknown = await laidCampaign(file, options);
  if (typeof laid !== 'object' || laid === null) return [];
  const { scenarios, targets } = laid as { readonly scenarios?: object; readonly targets?: object };
  const kinds = Object.values(targets ?? {}).map((target: unknown) => Object.keys((target ?? {}) as object));
  if (!kinds.some((keys) => keys.includes('k6')) || !kinds.some((keys) => !keys.includes('k6')))
    throw new Failure(EXIT_CODES['before-start'].code, NO_PAIR);
  return Object.entries(scenarios ?? {}).flatMap(([name, scenario]: [string, unknown]) =>
    Object.keys((scenario ?? {}) as object).some((key) => OPEN.includes(key))
      ? [`scenarios."${name}".arrivals=uniform`]
      : [],
  );
}
