import type { DirectionFacts } from '../targets/network-facts.ts';
import type { CellResult } from '../verdict/result.ts';
import { figureText, percentText } from './figures.ts';

/** The network that a cell was measured through, as a sentence; null: the one that is there. */
export const networkText = ({ network }: CellResult): string | null =>
  network === undefined
    ? null
    : `Measured through a network of ${network.label}, made by a proxy on each agent: not comparable with results without it.`;

/** Heading and rows of what each agent's network was found to do. */
export const NETWORK_HEADING = [
  'cell',
  'trial',
  'agent',
  'asked for',
  'up p50 ms',
  'up p99 ms',
  'up Mbit/s',
  'down p50 ms',
  'down p99 ms',
  'down Mbit/s',
  'let out late',
] as const;

export const networkRows = (cells: readonly CellResult[]): readonly (readonly string[])[] =>
  cells.flatMap(({ id, network, trials }) =>
    trials.flatMap(({ index, attempt, perAgent }) =>
      perAgent.flatMap(({ agent, network: found }) =>
        found === undefined
          ? []
          : [
              [
                id,
                attempt > 1 ? `${index}, attempt ${attempt}` : String(index),
                agent,
                network?.label ?? '-',
                ...wayColumns(found.up),
                ...wayColumns(found.down),
                found.released === 0 ? '-' : percentText(found.late / found.released),
              ],
            ],
      ),
    ),
  );

const wayColumns = ({ p50Ms, p99Ms, bitsPerSecond }: DirectionFacts): readonly string[] => [
  figureText(p50Ms),
  figureText(p99Ms),
  figureText(bitsPerSecond / 1e6),
];
