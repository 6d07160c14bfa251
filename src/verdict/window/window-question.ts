import type { Objective } from '../../campaign/objective.ts';
import type { Cell } from '../../campaign/plan.ts';
import { latencyLimits } from '../limits.ts';
import { errorsQuestion } from '../objectives/errors.ts';
import { latencyQuestion } from '../objectives/latency.ts';
import type { ShareQuestion } from '../objectives/share.ts';

/** What an objective asks of every window; null where its indicator is no share of requests. */
export function windowQuestion(objective: Objective, { objectives }: Pick<Cell, 'objectives'>): ShareQuestion | null {
  const { indicator } = objective;
  switch (indicator.kind) {
    case 'latency':
      return latencyQuestion(objective, indicator, latencyLimits(objectives));
    case 'max':
      return latencyQuestion(objective, { metric: 'response', quantile: 1 }, latencyLimits(objectives));
    case 'errors':
      return errorsQuestion(objective);
    default:
      return null;
  }
}
