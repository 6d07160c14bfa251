import { readFile } from 'node:fs/promises';
import { k6LeadNs } from '../../scenarios/k6/executors.ts';
import { vusOf } from '../../scenarios/k6/segments.ts';
import type { TargetFacts } from '../../targets/target.ts';
import { systemWallClock, threadClock } from '../../time/monotonic.ts';
import { NS_PER_MS } from '../../time/ns.ts';
import type { K6TrialSpec } from '../../wire/trial-spec.ts';
import { TargetRefused, ThreadEnded } from '../runner/crew.ts';
import type { PacingCpu } from '../runner/pacing-cpu.ts';
import type { SealedInterval } from '../runner/sealed-interval.ts';
import { TrialClock } from '../runner/trial-clock.ts';
import { K6Account } from './account.ts';
import { k6Start } from './command.ts';
import { isFailedTeardown, type K6End, k6End } from './exit-code.ts';
import type { K6Extra, SamplesBy } from './extra.ts';
import type { K6Frame, K6Tick } from './frames.ts';
import { K6Parts } from './parts.ts';
import { K6Process } from './process.ts';
import { findK6 } from './program.ts';
import { scriptEnvironment } from './secrets.ts';

export interface K6TrialParts {
  readonly spec: K6TrialSpec;
  /** The node's monotonic clock now: zero of the runner's own time line. */
  readonly origin: bigint;
  readonly env: NodeJS.ProcessEnv;
  readonly onSealed: (interval: SealedInterval, pacing: PacingCpu, extra: K6Extra) => void;
}

/** k6 hands an iteration on up to 0.6 s after its end: samples every 50 ms, exceptions after 0.4 s, frames every 0.1 s. */
const SEAL_GRACE_NS = 700 * NS_PER_MS;
const TURN_MS = 50;
/** How long k6 may take to read the script and make its virtual users. */
const OPEN_WITHIN_MS = 60_000;
/** How long before its instant the release is sent: about what it takes to arrive. */
const RELEASE_AHEAD_NS = 1 * NS_PER_MS;
/** What k6 may take to end beyond its executors and their drain. */
const PARTING_NS = 15_000 * NS_PER_MS;
const NO_PACING: PacingCpu = { cpuS: 0, wallS: 0 };

/** One agent's share of one trial by the real k6: started and waiting, released at its instant, run to its end or stop. */
export class K6Trial {
  readonly done: Promise<{ readonly lastSeq: number; readonly inFlight: number }>;
  readonly opened: Promise<TargetFacts>;
  readonly #parts: K6TrialParts;
  readonly #clock: TrialClock;
  readonly #account: K6Account;
  readonly #sums: K6Parts;
  readonly #ending = Promise.withResolvers<{ readonly lastSeq: number; readonly inFlight: number }>();
  #k6: K6Process | null = null;
  /** Wall clock at the trial's zero, nanoseconds since 1970. */
  #wallZeroNs = 0n;
  #stopNs = Number.POSITIVE_INFINITY;
  #isStopping = false;
  #bye: K6Tick | null = null;
  #end: K6End | null = null;
  #isReleased = false;
  #teardownFailed = '';
  #vusMax = 0;
  #samples: SamplesBy = 'folded';

  constructor(parts: K6TrialParts) {
    this.#parts = parts;
    this.#clock = new TrialClock(threadClock(parts.origin));
    this.#account = new K6Account(parts.spec);
    this.#sums = new K6Parts(parts.spec);
    this.done = this.#ending.promise;
    this.done.catch(() => {});
    this.opened = this.#open();
  }

  arm(zero: bigint): void {
    this.#clock.arm(Number(zero - this.#parts.origin));
    this.#wallZeroNs = BigInt(Math.round(systemWallClock.nowMs() * NS_PER_MS - this.#clock.now()));
    const firstNs = this.#parts.spec.phases[0]?.startNs ?? 0;
    const releaseInNs = firstNs - k6LeadNs - RELEASE_AHEAD_NS - this.#clock.now();
    setTimeout(() => this.#release(), Math.max(0, releaseInNs / NS_PER_MS));
    this.#turn();
  }

  /** Starts nothing at or after `atNs`; k6 interrupts what is in flight then. */
  stop(atNs: number): void {
    this.#stopNs = Number.isFinite(atNs) ? Math.max(atNs, this.#clock.now()) : atNs;
    this.#account.stop(this.#stopNs);
    setTimeout(() => this.#stopK6(), Math.max(0, (this.#stopNs - this.#clock.now()) / NS_PER_MS));
  }

  async disband(): Promise<void> {
    this.#k6?.kill();
  }

  async #open(): Promise<TargetFacts> {
    const began = performance.now();
    const { spec, env } = this.#parts;
    if (this.#hasNoVus) return { start: { sessionMs: 0, firstInferenceMs: 0 } };
    const program = await findK6(env);
    if (typeof program === 'string') throw new TargetRefused(`k6: ${program}`);
    const { script } = spec.target;
    const source = await readFile(script.path, 'utf8').catch(() => {
      throw new TargetRefused(`k6: ${script.name}: cannot be read on the agent`);
    });
    const scriptEnv = await scriptEnvironment(spec.target, env);
    this.#samples = program.output === 'loadcell' ? 'folded' : 'csv';
    this.#k6 = await K6Process.start({
      ...k6Start({ spec, program, source, env, scriptEnv, wall: systemWallClock }),
      onFrame: (frame) => this.#take(frame),
    });
    this.#k6.ended.then(({ code, signal }) => this.#onEnded(code, signal)).catch(this.#ending.reject);
    if (!(await this.#k6.waits(OPEN_WITHIN_MS))) throw new TargetRefused(await this.#whyNotOpen(script.name));
    const unready = await this.#k6.setUp();
    if (unready !== null) {
      this.#k6.kill();
      throw new TargetRefused(`k6: ${script.name}: its setup() failed: ${unready}`);
    }
    return { start: { sessionMs: performance.now() - began, firstInferenceMs: 0 } };
  }

  /** k6 gives an instance without a virtual user nothing to do: there is none to start. */
  get #hasNoVus(): boolean {
    return (
      vusOf(this.#parts.spec.target.vus, this.#parts.spec.share) === 0 && this.#parts.spec.target.options !== 'own'
    );
  }

  async #whyNotOpen(script: string): Promise<string> {
    const k6 = this.#k6;
    if (k6 === null) return `k6: ${script}: it was not started`;
    if (!k6.isOver) {
      k6.kill();
      return `k6: ${script}: its init code and virtual users were not ready within ${OPEN_WITHIN_MS / 1000} s`;
    }
    const { code, signal } = await k6.ended;
    const end = k6End(code, signal, 'on-its-own');
    const why = 'why' in end ? end.why : 'ended before it was released';
    const said = k6.lastError();
    return `k6: ${script}: k6 ${why}${said === '' ? '' : `: ${said}`}`;
  }

  #release(): void {
    if (this.#isStopping || this.#k6 === null) return;
    this.#k6.release().then((isReleased) => {
      this.#isReleased = isReleased;
      if (!isReleased && !this.#isStopping) this.#ending.reject(new ThreadEnded('k6 could not be released'));
    }, this.#ending.reject);
  }

  #stopK6(): void {
    this.#isStopping = true;
    this.#k6?.stop().catch(this.#ending.reject);
  }

  #take(frame: K6Frame): void {
    switch (frame.kind) {
      case 'hello':
        break;
      case 'scenario':
      case 'failure':
        this.#account.define(frame);
        break;
      case 'iterations':
        for (const each of frame.iterations) this.#account.settle(each, Number(each.startNs - this.#wallZeroNs));
        break;
      case 'part':
        this.#sums.define(frame.id, frame.part);
        break;
      case 'sums':
        this.#sums.add(frame.sums);
        break;
      case 'tick':
      case 'bye':
        this.#vusMax = Math.max(this.#vusMax, frame.vusMax);
        if (frame.kind === 'bye') this.#bye = frame;
    }
  }

  #onEnded(code: number | null, signal: NodeJS.Signals | null): void {
    const end = this.#endOf(code, signal);
    if (end.kind === 'refused' || end.kind === 'died') {
      const said = this.#k6?.lastError() ?? '';
      this.#ending.reject(new ThreadEnded(`k6 ${end.why}${said === '' ? '' : `: ${said}`}`));
      return;
    }
    if (this.#bye === null || this.#bye.lost > 0) {
      const lost = this.#bye === null ? 'the end of its samples' : `${this.#bye.lost} iterations`;
      this.#ending.reject(new Error(`k6's output lost ${lost}`));
      return;
    }
    this.#end = end;
  }

  /** All load has ended and told its samples before teardown() runs: that it fails takes nothing from them. */
  #endOf(code: number | null, signal: NodeJS.Signals | null): K6End {
    const end = k6End(code, signal, this.#isStopping ? 'told-to-stop' : 'on-its-own');
    if (!isFailedTeardown(code) || !this.#isReleased || this.#bye === null) return end;
    this.#teardownFailed = this.#k6?.lastError() || 'it took too long';
    return { kind: 'done' };
  }

  readonly #turn = (): void => {
    try {
      this.#k6?.turn();
      const now = this.#clock.now();
      const isOver = this.#isOver(now);
      if (!isOver) this.#sealUntil(now - SEAL_GRACE_NS);
      if (isOver) this.#close(now);
      else setTimeout(this.#turn, TURN_MS);
    } catch (error) {
      this.#ending.reject(error);
    }
  };

  #isOver(now: number): boolean {
    const lastNs = Math.min(this.#stopNs, this.#endNs);
    if (this.#hasNoVus) return now >= lastNs;
    if (this.#end !== null)
      return this.#stopNs !== Number.POSITIVE_INFINITY || this.#parts.spec.target.options === 'own' || now >= lastNs;
    const { drainNs, target } = this.#parts.spec;
    const partingNs = PARTING_NS + (target.partingNs ?? 0);
    if (Number.isFinite(this.#endNs) && now > lastNs + drainNs + partingNs) this.#k6?.kill();
    return false;
  }

  /** Of a script's own scenarios only k6 knows when they are over. */
  get #endNs(): number {
    const { phases, target } = this.#parts.spec;
    const last = phases.at(-1);
    if (target.options === 'own') return Number.POSITIVE_INFINITY;
    return last === undefined ? 0 : last.startNs + last.durationNs;
  }

  #sealUntil(untilNs: number): void {
    while (untilNs >= this.#account.openEndNs) this.#hand(this.#account.seal(), null, 'some');
  }

  #close(now: number): void {
    const firstNs = this.#parts.spec.phases[0]?.startNs ?? 0;
    const closeNs = Math.max(now, firstNs + 1);
    this.#sealUntil(closeNs);
    const wasStopped = this.#stopNs !== Number.POSITIVE_INFINITY;
    const last = this.#account.close(closeNs, wasStopped ? this.#stopNs : null);
    const facts = {
      markedFailed: this.#end?.kind === 'marked-failed',
      orphans: this.#bye?.orphans ?? 0,
      vusMax: this.#vusMax,
      samples: this.#samples,
      teardownFailed: this.#teardownFailed,
    };
    this.#hand(last, facts, 'whole');
    this.#ending.resolve({ lastSeq: last.seq, inFlight: 0 });
  }

  #hand(interval: SealedInterval, facts: K6Extra['facts'], amount: 'some' | 'whole'): void {
    this.#parts.onSealed(interval, NO_PACING, { parts: this.#sums.take(amount), facts });
    this.#account.recycle(interval);
  }
}
