/**
 * What `stop: early` does to the verdict on `response.p95 < L`, against one look at the end of the same trials: how often
 * each is wrong when L is exactly the queue's true P95, and how often a look half-way ends a trial whose limit lies
 * elsewhere. Judged by the product's own code; a stop comes 1.5 s after the look. Fixed seeds; beside each share the 95 %
 * bounds of its sampling error. With more than one trial a cell, each trial has its own look and the cell is judged on all of
 * them, pooled.
 *
 * node bench/look-simulation.ts [cells at the limit, 2,000 requests a trial; a sixth of 20,000, and of single trials elsewhere]
 *   [law or all] [load or all] [trials a cell: 1]
 */

import { withLook } from '../src/campaign/early-stop.ts';
import type { Cell } from '../src/campaign/plan.ts';
import { type Rng, stream } from '../src/scenarios/rng.ts';
import { lowerShare, upperShare } from '../src/stats/binomial.ts';
import { Tally } from '../src/stats/tally.ts';
import { ns, seconds } from '../src/time/ns.ts';
import type { TrialEvidence } from '../src/verdict/evidence.ts';
import { decideAtLook } from '../src/verdict/looks/look-decision.ts';
import { decidingView, lookAtNs } from '../src/verdict/looks/look-view.ts';
import type { Decision } from '../src/verdict/share-rule.ts';
import { judgeTogether } from '../src/verdict/trial-verdict.ts';
import { cellOf, latencyBelow, withTrials } from '../test/support/cells.ts';
import { evidenceOf } from '../test/support/evidence.ts';
import { LAWS, type Queue, QueuePhase, RATE, trueQuantilesMs } from './support/queue-phase.ts';

const STOP_AFTER = seconds(1.5);
const cells = Number(process.argv[2] ?? 1000);
const chosen = <T extends string | number>(argument: string | undefined, all: readonly T[]): readonly T[] =>
  argument === undefined || argument === 'all' ? all : all.filter((one) => String(one) === argument);
const laws = chosen(process.argv[3], LAWS);
const loads = chosen(process.argv[4], [0.5, 0.8]);
const together = Number(process.argv[5] ?? 1);
/** Shares of requests over the limit that a trial truly has. */
const AT_THE_LIMIT = 0.05;
const ELSEWHERE = [0.01, 0.025, 0.1, 0.2];

/** What came of one cell, by looks and by one look at the end of its trials. */
interface Heard {
  /** Trials that a look ended. */
  readonly ended: number;
  readonly looks: Decision;
  /** A look decided, and what ran until the stop contradicted it. */
  readonly contradicted: boolean;
  readonly single: Decision;
  readonly byGrossBreach: { readonly looks: boolean; readonly single: boolean };
}

class Court {
  readonly #queue: Queue;
  readonly #phases: readonly QueuePhase[];
  readonly #cell: Cell;
  readonly #empty: TrialEvidence;
  readonly #rng: Rng;

  constructor(queue: Queue, limitMs: number, requests: number) {
    this.#queue = queue;
    const plain = cellOf([new QueuePhase(requests / RATE, limitMs).phase], [latencyBelow(0.95, limitMs)]);
    const several = withTrials(plain, together);
    this.#cell = withLook(several, several.trials);
    this.#phases = several.trials.map(
      () => new QueuePhase(requests / RATE, limitMs, (phase) => this.#cell.phases[0] ?? phase),
    );
    this.#empty = evidenceOf(this.#cell, []);
    this.#rng = stream('7', `looks/${queue.law}/${queue.load}/${requests}${together === 1 ? '' : `/${together}`}`);
  }

  hear(): Heard {
    const trials = this.#phases.map((phase, index) => this.#tried(phase, index + 1));
    const { stop: _never, ...whole } = this.#cell;
    const single = judgeTogether(
      whole,
      trials.map(({ all }) => all),
      'x',
    );
    const looks = judgeTogether(
      this.#cell,
      trials.map(({ all, stopped }) => stopped ?? all),
      'x',
    );
    const gross = ({ reasons }: typeof single): boolean => reasons.some(({ code }) => code === 'gross-breach');
    return {
      ended: trials.filter(({ stopped }) => stopped !== null).length,
      looks: looks.decision,
      contradicted: looks.reasons.some(({ code }) => code === 'look-contradicted'),
      single: single.decision,
      byGrossBreach: { looks: gross(looks), single: gross(single) },
    };
  }

  /** One trial whole, and as its look leaves it; null where that decides nothing. */
  #tried(phase: QueuePhase, index: number): { readonly all: TrialEvidence; readonly stopped: TrialEvidence | null } {
    phase.fill(this.#queue, this.#rng);
    const all = { ...this.#empty, trial: index, slots: [phase.slots] };
    const atNs = ns(lookAtNs(this.#cell) + STOP_AFTER);
    const stopped: TrialEvidence = { ...all, slots: [before(phase, atNs)], stop: { cause: 'sure', atNs } };
    const ends = decideAtLook(this.#cell, decidingView(this.#cell, stopped)) !== 'inconclusive';
    return { all, stopped: ends ? stopped : null };
  }
}

/** Slots that begin before a stop: to half a slot, what had been offered by then. */
function before({ slots, phase }: QueuePhase, atNs: number): readonly Tally[] {
  const begun = Math.round((atNs * slots.length) / phase.durationNs);
  return slots.map((tally, slot) => (slot < begun ? tally : new Tally(tally.over.length)));
}

const percent = (part: number): string => `${(100 * part).toFixed(2)} %`;

/** A share with its own 95 % bounds. */
function share(flags: readonly boolean[]): string {
  const [hits, of] = [flags.filter(Boolean).length, flags.length];
  return `${percent(hits / of)} (${percent(lowerShare(hits, of, 0.975))}..${percent(upperShare(hits, of, 0.975))})`.padStart(
    26,
  );
}

function row(queue: Queue, over: number, limitMs: number, requests: number, times: number): string {
  const court = new Court(queue, limitMs, requests);
  const heard = Array.from({ length: times }, () => court.hear());
  const by = (is: (one: Heard) => boolean): string => share(heard.map(is));
  const early = (decision: Decision) => by((one) => one.ended > 0 && one.looks === decision);
  const columns =
    over === AT_THE_LIMIT
      ? [
          by(({ looks }) => looks === 'pass'),
          by(({ single }) => single === 'pass'),
          by(({ looks, byGrossBreach }) => looks === 'fail' && !byGrossBreach.looks),
          by(({ single, byGrossBreach }) => single === 'fail' && !byGrossBreach.single),
          by(({ looks }) => looks === 'fail'),
          by(({ single }) => single === 'fail'),
          by(({ contradicted }) => contradicted),
          percent(heard.reduce((sum, { ended }) => sum + ended, 0) / (times * together)).padStart(8),
        ]
      : [
          early(over < AT_THE_LIMIT ? 'pass' : 'fail'),
          early(over < AT_THE_LIMIT ? 'fail' : 'pass'),
          by(({ looks }) => looks === (over < AT_THE_LIMIT ? 'pass' : 'fail')),
          by(({ single }) => single === (over < AT_THE_LIMIT ? 'pass' : 'fail')),
          by(({ contradicted }) => contradicted),
        ];
  const name = `${queue.law.padEnd(9)} ${queue.load * 100} % ${String(requests).padStart(6)} ${percent(over).padStart(7)}`;
  return `${name} ${columns.join(' ')}`;
}

const FEW = 6;
const queues = laws.flatMap((law) => loads.map((load): Queue => ({ law, load })));

/** Rows of one share over the limit, each as it is known. */
function rows(over: number, times: number): void {
  for (const queue of queues) {
    const [limitMs = Number.NaN] = trueQuantilesMs(queue, [1 - over]);
    console.log(row(queue, over, limitMs, 2000, times));
    console.log(row(queue, over, limitMs, 20_000, Math.ceil(times / FEW)));
  }
}

const few = Math.ceil(cells / FEW);
console.log(`at the limit, ${cells} cells of 2,000 requests a trial, ${few} of 20,000; trials a cell: ${together}`);
console.log(
  'wrong pass by looks, by one look; wrong fail by bounds, by looks, by one look; wrong fail with the gross rule,',
);
console.log('by looks, by one look; what the look decided and the rest contradicted; trials that a look ended');
rows(AT_THE_LIMIT, cells);
if (together === 1) {
  console.log(`elsewhere, ${few} trials and ${Math.ceil(cells / FEW ** 2)}`);
  console.log('ended half-way, rightly; wrongly; decided rightly by looks; by one look; contradicted');
  for (const over of ELSEWHERE) rows(over, few);
}
