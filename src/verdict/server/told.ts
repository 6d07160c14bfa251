import type { Cell } from '../../campaign/plan.ts';
import type { Duration, ModelCounts } from '../../oip/statistics.ts';
import { infersPerRequest, type Phase } from '../../scenarios/phase.ts';
import { Outcome } from '../../stats/outcome.ts';
import type { ServerReading, ServerTold } from '../../targets/server-told.ts';
import { NS_PER_MS } from '../../time/ns.ts';
import type { TrialEvidence } from '../evidence.ts';
import type { ServerResult, ServerWindow } from './server-result.ts';

type Told = Extract<ServerTold, { readonly kind: 'read' }>;
type Read = Extract<ServerReading, { readonly kind: 'read' }>;

/** What the server said of the trial beside what was sent to it; null: nobody asked it. */
export function serverResult(
  cell: Cell,
  evidence: TrialEvidence,
  names: (agent: number) => string,
): ServerResult | null {
  const { server } = evidence;
  if (server === undefined) return null;
  const { told } = server;
  const ours = { agent: names(server.agent), ...oursOf(cell, evidence) };
  if (told.kind === 'nothing') {
    return { source: null, ...ours, counted: null, measured: null, phases: [], missing: [told.why] };
  }
  const begun = begunPhases(cell, evidence);
  const first = begun.findIndex(({ purpose }) => purpose === 'measure');
  const missing = new Set<string>();
  const between = (from: ServerReading | null, until: ServerReading): ServerWindow | null => {
    const found = windowBetween(from, until);
    if (typeof found !== 'string') return found;
    missing.add(found);
    return null;
  };
  const whole = between(beforeTheLoad(told, begun), told.after);
  const measured = first < 0 ? null : between(told.starts[first] ?? null, told.after);
  const phases = begun.flatMap(({ purpose, name }, index) => {
    if (purpose !== 'measure') return [];
    const next = index + 1 < begun.length ? (told.starts[index + 1] ?? null) : told.after;
    const window = next === null ? null : between(told.starts[index] ?? null, next);
    return window === null ? [] : [{ name, ...window }];
  });
  return {
    source: told.source,
    ...ours,
    counted: whole === null ? null : whole.ok + whole.failed,
    measured,
    phases: measuredPhases(begun) > 1 ? phases : [],
    missing: [...missing],
  };
}

/** Inferences of the whole fleet that were sent, and that were answered ok; warm-up included. */
function oursOf(
  { phases }: Cell,
  { agents, slots }: TrialEvidence,
): { readonly sent: number; readonly answered: number } {
  const infers = infersPerRequest(phases);
  const started = agents.flatMap((agent) => agent.started).reduce((sum, count) => sum + count, 0);
  const ok = slots.flat().reduce((sum, { outcomes }) => sum + (outcomes[Outcome.ok] ?? 0), 0);
  return { sent: started * infers, answered: ok * infers };
}

function begunPhases({ phases }: Cell, { stop }: TrialEvidence): readonly Phase[] {
  const untilNs = stop?.atNs ?? Number.POSITIVE_INFINITY;
  return phases.filter(({ startNs }) => startNs < untilNs);
}

const measuredPhases = (phases: readonly Phase[]): number =>
  phases.filter(({ purpose }) => purpose === 'measure').length;

/** The first reading, where its answer came before the first request could be sent. */
function beforeTheLoad({ starts }: Told, [first]: readonly Phase[]): ServerReading | null {
  const reading = starts[0] ?? null;
  if (reading?.kind !== 'read' || first === undefined || reading.answeredNs <= first.startNs) return reading;
  return {
    kind: 'missing',
    askedNs: reading.askedNs,
    why: 'the server told its first counts only after the load had begun',
  };
}

/** A text: why there is none. */
function windowBetween(from: ServerReading | null, until: ServerReading): ServerWindow | string {
  if (from === null) return 'the server was not asked at the start of every phase';
  if (from.kind === 'missing') return from.why;
  if (until.kind === 'missing') return until.why;
  return wentBack(from.counts, until.counts)
    ? 'the server counted less than before: it, or its model, was started anew meanwhile'
    : windowOf(from, until);
}

const durationsOf = (counts: ModelCounts): readonly Duration[] => [
  counts.success,
  counts.fail,
  counts.queue,
  counts.computeInput,
  counts.computeInfer,
  counts.computeOutput,
];

const wentBack = (from: ModelCounts, until: ModelCounts): boolean =>
  durationsOf(from).some(({ count }, index) => count > (durationsOf(until)[index]?.count ?? 0));

function windowOf(from: Read, until: Read): ServerWindow {
  const more = (of: (counts: ModelCounts) => number): number => of(until.counts) - of(from.counts);
  const mean = (of: (counts: ModelCounts) => Duration): number | null => {
    const count = more((counts) => of(counts).count);
    return count === 0 ? null : more((counts) => of(counts).ns) / count / NS_PER_MS;
  };
  return {
    fromMs: from.answeredNs / NS_PER_MS,
    untilMs: until.answeredNs / NS_PER_MS,
    ok: more(({ success }) => success.count),
    failed: more(({ fail }) => fail.count),
    samples: more(({ inferenceCount }) => inferenceCount),
    runs: more(({ executionCount }) => executionCount),
    requestMs: mean(({ success }) => success),
    queueMs: mean(({ queue }) => queue),
    computeInputMs: mean(({ computeInput }) => computeInput),
    computeInferMs: mean(({ computeInfer }) => computeInfer),
    computeOutputMs: mean(({ computeOutput }) => computeOutput),
    cacheHits: more(({ cacheHit }) => cacheHit.count),
    cacheMisses: more(({ cacheMiss }) => cacheMiss.count),
  };
}
