import type { ExporterObservation, NodeObservation } from '../../gpu/observation.ts';
import { counted, digits, inPercent } from '../wording.ts';
import { atAgent, type Examined, type Flaw, flaw, type Rule } from './rule.ts';

/** What other processes told of GPUs and servers, of this node or another one. */

/** Of the times that a page was asked for. */
const UNANSWERED_LIMIT = 0.05;
/** One interval: nothing is laid beside an interval by the exporter's clock, but what its own node logs may be. */
const APART_LIMIT_MS = 1_000;

const ofEachNode =
  (rule: (node: NodeObservation, where: string) => readonly Flaw[]): Rule =>
  (trial: Examined) =>
    (trial.evidence.observed ?? []).flatMap((node) => rule(node, atAgent(trial, node.agent)));

/** Pages of metrics that could not be read, from the start or for a part of the time. */
export const exporterSilent: Rule = ofEachNode(({ exporters, inventory }, where) => {
  const never = (inventory?.refused ?? []).filter((sentence) => /^https?:/.test(sentence));
  const gaps = exporters.filter(({ answers, failures }) => failures > UNANSWERED_LIMIT * (answers + failures));
  return [
    ...never.map((sentence) => silent(where, `A page of metrics was never read: ${sentence}.`)),
    ...gaps.map((exporter) => silent(where, unanswered(exporter))),
  ];
});

function unanswered({ url, answers, failures, fault }: ExporterObservation): string {
  const why = fault === null ? '' : `: ${fault}`;
  return `${url} left ${inPercent(failures / (answers + failures))} of ${counted(answers + failures, 'question')} unanswered${why}.`;
}

const silent = (where: string, message: string): Flaw =>
  flaw('caution', 'exporter-silent', where, message, 'Look whether it runs, and whether this node may reach it.');

/** A clock that stands surely further from the node's than an interval. */
export const exporterClock: Rule = ofEachNode(({ exporters }, where) =>
  exporters.flatMap(({ url, clock }) => {
    if (clock === null || (clock.leastMs <= APART_LIMIT_MS && clock.mostMs >= -APART_LIMIT_MS)) return [];
    const [ms, side] = clock.leastMs > 0 ? [clock.leastMs, 'ahead of'] : [-clock.mostMs, 'behind'];
    const message = `The clock of ${url} is at least ${digits(ms / 1e3)} s ${side} the node's.`;
    const hint =
      'Its readings stand on the node’s clock and are right; have its clock set before its logs, or a Prometheus of its own, are laid beside them.';
    return [flaw('caution', 'exporter-clock', where, message, hint)];
  }),
);
