import type { MetricFinding } from '../verdict/gate/finding.ts';
import type { GateReason } from '../verdict/gate/reason.ts';
import type { GateResult } from '../verdict/gate/result.ts';

/**
 * A gate as JUnit XML, one case per metric, as CI systems read it: `failure` for a fail, `error` for measurements that are
 * not to be trusted, `skipped` for what is inconclusive or has no baseline. Without any metric, one case for the gate.
 */
export function gateJunit(result: GateResult): string {
  const { metrics, manner, verdict } = result;
  const cases: readonly Case[] =
    metrics.length === 0
      ? [{ name: 'gate', classname: `gate.${manner}`, outcome: outcomeOf(result, null) }]
      : [
          ...metrics.map((one) => ({
            name: one.metric.metric,
            classname: one.metric.cell,
            outcome: outcomeOf(result, one),
          })),
          ...casesWithoutFigure(result),
        ];
  const count = (kind: Outcome['kind']): number => cases.filter(({ outcome }) => outcome.kind === kind).length;
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
  const lines = cases.map(({ name, classname, outcome }) => {
    const opening = `    <testcase classname="${escaped(classname)}" name="${escaped(name)}"`;
    if (outcome.kind === 'passed') return `${opening}/>`;
    return `${opening}>\n      <${outcome.kind} message="${escaped(outcome.message)}"/>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="loadcell gate: ${verdict}" ${counts}>`,
    ...lines,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

interface Case {
  readonly name: string;
  readonly classname: string;
  readonly outcome: Outcome;
}

/** What was to be gated and could not be held against anything, beside others that were. */
const casesWithoutFigure = ({ metrics, manner, reasons }: GateResult): readonly Case[] =>
  reasons
    .filter(({ code, where }) => WITHOUT_FIGURE.includes(code) && !metrics.some(({ metric }) => metric.id === where))
    .map((reason) => ({
      name: reason.where,
      classname: `gate.${manner}`,
      outcome: { kind: 'skipped', message: messageOf([reason]) },
    }));

const WITHOUT_FIGURE: readonly string[] = ['no-baseline', 'no-figure'];

type Outcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failure' | 'error' | 'skipped'; readonly message: string };

function outcomeOf({ verdict, reasons }: GateResult, finding: MetricFinding | null): Outcome {
  const own = reasons.filter(({ where }) => where === finding?.metric.id);
  const message = messageOf(own.length > 0 ? own : reasons);
  if (verdict === 'invalid') return { kind: 'error', message };
  if (finding === null) return verdict === 'pass' ? { kind: 'passed' } : { kind: 'skipped', message };
  switch (finding.finding) {
    case 'fail':
      // A fail that its repetition did not confirm fails nothing.
      return verdict === 'fail' ? { kind: 'failure', message } : { kind: 'skipped', message };
    case 'pass':
    case 'acknowledged':
      return { kind: 'passed' };
    case 'undecided':
      return { kind: 'skipped', message: own.length > 0 ? message : 'undecided' };
  }
}

const messageOf = (reasons: readonly GateReason[]): string =>
  reasons.map(({ where, message }) => `${where}: ${message}`).join('; ');

/** For an attribute; what XML 1.0 cannot hold at all becomes a replacement character. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/\s+/g, ' ');
