import type { ServerWindow } from '../verdict/server/server-result.ts';
import type { TrialResult } from '../verdict/trial-result.ts';
import { countText, figureText, valueText } from './figures.ts';
import { visible } from './visible.ts';

/** Phases that are shown; all of them stand in benchmarks.json. */
const SHOWN = 12;

/** What the server says of itself beside what was seen of it; empty where it was not asked. */
export function serverLines({ server, latency }: TrialResult): readonly string[] {
  if (server === undefined) return [];
  const { counted, sent, measured, phases, missing } = server;
  const seen = `${valueText(latency.service.mean)} ms`;
  return [
    ...(counted === null ? [] : [`the server counted ${countText(counted)} inferences, ${countText(sent)} were sent`]),
    ...(measured === null ? [] : [`the server's own means: ${windowText(measured)}; service as we saw it ${seen}`]),
    ...phases.slice(0, SHOWN).map((phase) => `the server in ${visible(phase.name)}: ${windowText(phase)}`),
    ...(phases.length > SHOWN ? [`${phases.length - SHOWN} further phases stand in benchmarks.json`] : []),
    ...missing.map((why) => `of the server's own counts something is missing: ${visible(why)}`),
  ];
}

function windowText(window: ServerWindow): string {
  const { ok, failed, samples, runs, cacheHits } = window;
  const parts = (
    [
      ['request', window.requestMs],
      ['queue', window.queueMs],
      ['input', window.computeInputMs],
      ['infer', window.computeInferMs],
      ['output', window.computeOutputMs],
    ] as const
  ).map(([name, ms]) => `${name} ${ms === null ? '-' : figureText(ms)} ms`);
  const batched = runs === 0 ? '' : `, ${figureText(samples / runs)} samples a run`;
  const bad = failed === 0 ? '' : `, ${countText(failed)} failed`;
  const cached = cacheHits === 0 ? '' : `, ${countText(cacheHits)} from its cache`;
  return `${parts.join(', ')} (${countText(ok)} ok${bad}${cached}${batched})`;
}
