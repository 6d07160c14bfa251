import type { TrialResult } from '../verdict/trial-result.ts';
import { countText, figureText, percentText } from './figures.ts';

/** Which look decided a trial that may end early, and when it ended it. */
export function lookLines({ look }: TrialResult): readonly string[] {
  if (look === undefined) return [];
  const { number, of, atMs, requests, errorShare, stoppedMs } = look;
  const which = `look ${number} of ${of}`;
  const spent = `at ${percentText(errorShare)} of the error of each objective`;
  if (stoppedMs === null) return [`ran to ${which}, its end, which judges ${spent}`];
  const seconds = (milliseconds: number): string => `${figureText(milliseconds / 1000)} s`;
  return [
    `ended early at ${which}: all objectives were decided by the ${countText(requests)} requests of its first ${seconds(atMs)}, ${spent}; stopped at ${seconds(stoppedMs)}`,
  ];
}
