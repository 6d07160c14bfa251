import type { TrialResult } from '../verdict/trial-result.ts';
import { countText, msText } from './figures.ts';

/** One agent of a trial: its name, requests scheduled and ok, P50 and P99 of the response, P99 of the lag. */
export const agentRow = ({ agent, accounting, response, lag }: TrialResult['perAgent'][number]): readonly string[] => [
  agent,
  countText(accounting.scheduled),
  countText(accounting.ok),
  msText(response.p50),
  msText(response.p99),
  msText(lag.p99),
];
