import type { Cell } from './plan.ts';
import { isNetwork } from './target-spec.ts';
import { type ViaSpec, viaText } from './via-spec.ts';

/** The network that a cell is measured through; null: none but the one that is there. */
export const networkOf = ({ spec }: Pick<Cell, 'spec'>): ViaSpec | null =>
  isNetwork(spec) ? (spec.via ?? null) : null;

/** The same for sentences. */
export function networkName(cell: Pick<Cell, 'spec'>): string {
  const via = networkOf(cell);
  return via === null ? 'no network of its own' : `a network of ${viaText(via)}`;
}
