import type { CellResult } from '../verdict/result.ts';
import type { Reason, Verdict, VerdictKind } from '../verdict/verdict.ts';
import { escaped } from './markdown-text.ts';
import { type GroupedReason, grouped, kindOf } from './reasons.ts';

/** Why a cell or a trial has its verdict, then what is worth saying beside it. */
export function reasonBlocks({ kind, reasons, cautions }: Verdict): string[] {
  const items = [
    ...grouped(reasons).map((group) => item(group, kind)),
    ...grouped(cautions).map((group) => item(group, 'caution')),
  ];
  return items.length === 0 ? [] : [items.join('\n')];
}

/** Why a run has its verdict; each reason keeps the verdict of its own cell. */
export const runReasons = ({ kind, reasons }: Verdict, cells: readonly CellResult[]): string[] =>
  grouped(reasons).map((group) => item(group, kindOf(group.reason, kind, cells)));

export const cautionItems = (cautions: readonly Reason[]): string[] =>
  grouped(cautions).map((group) => item(group, 'caution'));

function item({ reason, places }: GroupedReason, mark: VerdictKind | 'caution'): string {
  const { code, message, hint } = reason;
  const advice = hint === '' ? '' : ` *${escaped(hint)}*`;
  return `- **${mark}** \`${code}\` at ${escaped(places.join('; '))}: ${escaped(message)}${advice}`;
}
