import type { CellResult } from '../verdict/result.ts';

/** What the endpoint of a cell is said to run on, as a sentence; null: nothing is said. */
export function measuredOnText({ measuredOn }: Pick<CellResult, 'measuredOn'>): string | null {
  if (measuredOn === undefined) return null;
  const { name, pricePerHour } = measuredOn;
  return `The endpoint runs on ${name}${pricePerHour === null ? '' : ` at ${pricePerHour} an hour`}, says the campaign.`;
}
