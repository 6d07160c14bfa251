import { resolve } from 'node:path';
import type { FleetSpec } from '../../campaign/fleet-spec.ts';
import { shellWord } from '../../engines/slurm/job-script.ts';
import type { EngineOptions } from '../chosen-engine.ts';
import { RESULTS_HERE } from '../verbs/results-option.ts';

/** What a shell takes as one word without being told. */
const PLAIN = /^[\w./:@%+=,-]+$/;

/** What fetches a run's folder later on, as it would be typed. `results`: where run folders go; absent: nobody has said. */
export function fetchCommand(runId: string, where: EngineOptions, results?: string): string {
  const { engine, shared, context, namespace } = where;
  const elsewhere = results === undefined || resolve(results) === resolve(RESULTS_HERE) ? undefined : results;
  const said = Object.entries({ shared, context, namespace, results: elsewhere }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${PLAIN.test(value) ? value : shellWord(value)}`],
  );
  return ['loadcell fetch', runId, `--engine ${engine}`, ...said].join(' ');
}

/** Where a fleet's runs are found, as the command line would say it. */
export function whereOf({ engine, slurm, kubernetes }: FleetSpec): EngineOptions {
  const { context = null, namespace = null } = kubernetes ?? {};
  const shared = slurm?.shared ?? null;
  return {
    engine,
    ...(engine === 'slurm' && shared !== null ? { shared } : {}),
    ...(engine === 'kubernetes' && context !== null ? { context } : {}),
    ...(engine === 'kubernetes' && namespace !== null ? { namespace } : {}),
  };
}
