import type { LatencySummary } from '../verdict/request-figures.ts';
import type { Benchmarks, CellResult } from '../verdict/result.ts';
import type { TrialResult } from '../verdict/trial-result.ts';
import { figureText, percentText } from './figures.ts';

/** One way to the model of a served target, and what each step of it adds to the session alone; milliseconds. */
export interface TaxedPath {
  readonly cell: string;
  /** `oip-binary over HTTP/1.1` */
  readonly protocol: string;
  /** The endpoint's own time beyond the session alone: queue, batch, hand-over to the pool. */
  readonly poolMs: number;
  /** What is left of the client's service time: protocol, sockets, the client itself. */
  readonly protocolMs: number;
  readonly wholeMs: number;
}

/** One model and one schedule, in process and behind our own endpoint. */
export interface ServingTax {
  readonly scenario: string;
  /** The cell that ran the model in process. */
  readonly alone: string;
  readonly aloneMs: number;
  readonly paths: readonly TaxedPath[];
}

/**
 * What it costs to put a model behind an endpoint, by means of service time: means add up, percentiles do not. One entry
 * for each cell of an `onnx` target that served targets share model, scenario and varied values with.
 */
export function servingTaxes({ cells, targets }: Benchmarks): readonly ServingTax[] {
  const modelOf = ({ target }: CellResult): unknown =>
    (targets[target]?.model as { sha256?: unknown } | undefined)?.sha256;
  return cells.flatMap((cell) => {
    const aloneMs = meanMs(cell, ({ service }) => service);
    if (targets[cell.target]?.kind !== 'onnx' || aloneMs === null) return [];
    const paths = cells.filter(
      (other) => isNetwork(targets[other.target]) && isAlike(cell, other) && modelOf(cell) === modelOf(other),
    );
    const taxed = paths.flatMap((path) => pathOf(path, targets, aloneMs) ?? []);
    return taxed.length === 0 ? [] : [{ scenario: cell.scenario, alone: cell.id, aloneMs, paths: taxed }];
  });
}

const isNetwork = (target: Benchmarks['targets'][string] | undefined): boolean =>
  target?.kind === 'http' || target?.kind === 'grpc';

/** A network of its own would count as protocol. */
const isAlike = (alone: CellResult, path: CellResult): boolean =>
  path.scenario === alone.scenario &&
  path.network === undefined &&
  JSON.stringify(path.values) === JSON.stringify(alone.values);

function pathOf(cell: CellResult, targets: Benchmarks['targets'], aloneMs: number): TaxedPath | null {
  const wholeMs = meanMs(cell, ({ service }) => service);
  const serverMs = meanMs(cell, ({ parts }) => parts?.server);
  if (wholeMs === null || serverMs === null) return null;
  const endpoint = targets[cell.target]?.endpoint as { protocol?: string } | undefined;
  const protocol = endpoint?.protocol ?? cell.target;
  return { cell: cell.id, protocol, poolMs: serverMs - aloneMs, protocolMs: wholeMs - serverMs, wholeMs };
}

/** Over the requests of all valid trials; null where none has a mean. */
function meanMs(cell: CellResult, of: (latency: TrialResult['latency']) => LatencySummary | undefined): number | null {
  let [sum, count] = [0, 0];
  for (const { verdict, latency } of cell.trials) {
    const summary = verdict.kind === 'invalid' ? undefined : of(latency);
    if (summary === undefined || summary.mean.value === null) continue;
    sum += summary.mean.value * summary.count;
    count += summary.count;
  }
  return count === 0 ? null : sum / count;
}

export const TAX_HEADING = ['served as', 'session ms', 'pool and queue ms', 'protocol ms', 'whole ms', 'tax'] as const;

/** A row for each path: every step with its share of the whole, and the whole above the session alone. */
export const taxRows = ({ aloneMs, paths }: ServingTax): readonly (readonly string[])[] =>
  paths.map(({ protocol, poolMs, protocolMs, wholeMs }) => [
    protocol,
    ...[aloneMs, poolMs, protocolMs].map((ms) => `${figureText(ms)} (${percentText(ms / wholeMs)})`),
    figureText(wholeMs),
    `${wholeMs >= aloneMs ? '+' : ''}${percentText(wholeMs / aloneMs - 1)}`,
  ]);

export const taxTitle = ({ alone, scenario }: ServingTax): string =>
  `Serving tax under ${scenario}: mean service time, against ${alone}`;

export const TAX_NOTE =
  "pool and queue: the endpoint's own time beyond that of the session in process; protocol: what is left of the time that the client saw. A step below zero means that the session ran faster behind the endpoint than in process.";
