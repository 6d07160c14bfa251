import type { ObjectiveResult } from '../verdict/objective-result.ts';
import type { BreakpointResult } from '../verdict/trial-result.ts';
import { figureText } from './figures.ts';

/** What an objective was judged on: everything together, its gravest level, or the window that breached first. */
export function judgedOnText({ phase, window }: ObjectiveResult): string {
  const where = phase ?? 'all measure phases';
  if (window === null) return where;
  const end = `${figureText(window.endMs / 1000)} s`;
  return window.kind === 'hang'
    ? `${where}, nothing was answered in the two seconds up to ${end}`
    : `${where}, the window breached from ${figureText(window.startMs / 1000)} s to ${end}`;
}

/** How far a breakpoint scenario came, and what ended it. */
export function breakpointText({ held, broke }: BreakpointResult): string {
  const highest = held === 0 ? 'No level held.' : `The highest level that held is ${figureText(held)}/s.`;
  return broke === null ? `${highest} None broke.` : `${highest} ${broke.level} broke: ${broke.why}`;
}
