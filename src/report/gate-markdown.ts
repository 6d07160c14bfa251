import type { GateReason } from '../verdict/gate/reason.ts';
import type { GateResult } from '../verdict/gate/result.ts';
import { gateRows } from './gate-text.ts';
import { escaped, fitting, gridTable } from './markdown-text.ts';

/** Characters of a gate's reasons: with its table, all fits into one comment of 65,536. */
const ROOM = 50_000;

const HEADINGS: Readonly<Record<GateResult['verdict'], string>> = {
  pass: 'no change for the worse',
  fail: 'worse than the baseline',
  inconclusive: 'cannot tell',
  invalid: 'the measurement is not to be trusted, the candidate is not blamed',
  'no-baseline': 'nothing to compare with yet',
};

/** A gate for people, fit for a comment on a pull request and for the summary of a CI step. */
export function gateMarkdown(result: GateResult): string {
  const { verdict, tolerated, event, pairs, metrics, reasons, cautions, baseline, candidate, manner, policy } = result;
  const counted = `${pairs.valid} valid ${manner === 'paired' ? 'pairs' : 'nights'} of ${pairs.run}`;
  const items = [
    ...reasons.map((reason) => item(reason, verdict)),
    ...cautions.map((reason) => item(reason, 'caution')),
  ];
  const parts = [
    `## loadcell gate: ${verdict} - ${HEADINGS[verdict]}`,
    `${escaped(candidate)} against ${escaped(baseline)}, ${counted}${tolerated ? `; tolerated on ${event}` : ''}.`,
    ...(metrics.length === 0 ? [] : [gridTable(gateRows(metrics))]),
    ...(items.length === 0 ? [] : [fitting(items, ROOM, (count) => `- and ${count} more, in verdict.json`).join('\n')]),
    `False alarms at most ${policy.alpha * 100} % over all metrics. "detects": the smallest change that so many ${manner === 'paired' ? 'pairs' : 'nights'} catch nine times in ten.`,
  ];
  return `${parts.join('\n\n')}\n`;
}

const item = ({ where, message, hint }: GateReason, mark: string): string =>
  `- **${mark}** ${escaped(where)}: ${escaped(message)} *${escaped(hint)}*`;
