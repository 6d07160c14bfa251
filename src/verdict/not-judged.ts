import type { Objective } from '../campaign/objective.ts';
import type { Cell } from '../campaign/plan.ts';
import { PEAK } from './objectives/recovery.ts';
import { indicatorName } from './wording.ts';

/** An objective that this program cannot judge on a cell, and why: refused before the start. */
export interface NotJudged {
  readonly objective: string;
  readonly message: string;
}

/** The objectives of a cell that would have no verdict; empty when all can be judged. */
export function notJudged(cell: Cell): readonly NotJudged[] {
  return cell.objectives.flatMap((objective) => {
    const why = whyNot(objective, cell);
    return why === null ? [] : [{ objective: objective.text, message: `${cell.id}: ${objective.text} ${why}` }];
  });
}

function whyNot(objective: Objective, cell: Cell): string | null {
  if (!(objective.confidence > 0.5 && objective.confidence < 1)) {
    return `has confidence ${objective.confidence}, expected one above 0.5 and below 1, for example 0.99`;
  }
  return wrongWay(objective) ?? wrongWindow(objective, cell) ?? wrongScenario(objective, cell);
}

function wrongWay({ indicator, comparison }: Objective): string | null {
  if (indicator.kind === 'observed' || indicator.kind === 'energy') return null;
  const wants = ['throughput', 'goodput', 'samples', 'held'].includes(indicator.kind) ? '>' : '<';
  if (comparison.startsWith(wants)) return null;
  return `bounds ${indicatorName(indicator)} from the wrong side: expected ${wants} or ${wants}=`;
}

function wrongWindow({ indicator, overNs, abort }: Objective, cell: Cell): string | null {
  if (overNs === null) return abort ? 'is to abort its trial and has no window: write `over`' : null;
  if (!['latency', 'max', 'errors'].includes(indicator.kind)) {
    return 'is over a window, which only latencies and errors are judged on';
  }
  if (cell.judgedBy === 'breakpoint') return 'is over a window, and a breakpoint scenario ends by itself';
  const measured = cell.phases.filter(({ purpose }) => purpose === 'measure');
  return measured.some(({ load }) => load.kind === 'atOnce')
    ? 'is over a window, and the length of the phase is not known'
    : null;
}

function wrongScenario({ indicator }: Objective, cell: Cell): string | null {
  if (indicator.kind === 'recovery' && !cell.phases.some(({ name }) => name === PEAK)) {
    return `needs a phase named "${PEAK}", as the scenario spike has`;
  }
  if (indicator.kind === 'held' && cell.judgedBy !== 'breakpoint') return 'needs the scenario breakpoint';
  const atOnce = cell.phases.some(({ purpose, load }) => purpose === 'measure' && load.kind === 'atOnce');
  if (atOnce && !['throughput', 'samples', 'errors', 'energy', 'observed'].includes(indicator.kind)) {
    return 'does not apply where all requests are offered at once: only throughput, samples and errors do';
  }
  return null;
}
