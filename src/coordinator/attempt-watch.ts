import { describeExit, type GroupStatus, type Handle, type Member, type MemberExit } from '../engines/engine.ts';
import type { Happening } from './run-state.ts';

type Ended = Extract<GroupStatus, { readonly kind: 'ended' }>;
type Told = Extract<Happening, { readonly kind: 'queued' | 'placed' | 'exited' }>;

/** Makes of what an engine tells about an attempt what happens to the run: everything once, and nothing of `unknown`. */
export class AttemptWatch {
  readonly #handle: Handle;
  readonly #tell: (happening: Told) => void;
  readonly #ended = new Set<number>();
  #why: string | null = null;
  #placed: 'not yet' | 'told' = 'not yet';

  constructor(handle: Handle, tell: (happening: Told) => void) {
    this.#handle = handle;
    this.#tell = tell;
  }

  onStatus(status: GroupStatus): void {
    switch (status.kind) {
      case 'queued':
        this.#queued(status.reason);
        break;
      case 'unknown':
        if (this.#placed === 'not yet') this.#queued(status.reason);
        break;
      case 'starting':
      case 'running':
        this.#place();
        for (const member of status.members) this.#look(member);
        break;
      case 'ended':
        for (const member of status.members) this.#look(member);
        for (const { index } of this.#handle.members) this.#end(endOf(index, status));
        break;
      default:
        status satisfies never;
    }
  }

  #queued(why: string): void {
    if (why === this.#why) return;
    this.#why = why;
    this.#tell({ kind: 'queued', attempt: this.#handle.key.attempt, why });
  }

  #place(): void {
    if (this.#placed === 'told') return;
    this.#placed = 'told';
    this.#tell({ kind: 'placed', attempt: this.#handle.key.attempt });
  }

  #look({ state }: Member): void {
    if (state.kind === 'ended') this.#end(state.exit);
  }

  #end(exit: MemberExit): void {
    if (this.#ended.has(exit.index)) return;
    this.#ended.add(exit.index);
    this.#tell({
      kind: 'exited',
      index: exit.index,
      attempt: this.#handle.key.attempt,
      message: describeExit(exit),
    });
  }
}

/** The end of a member of which the engine told nothing but that its group is over. */
const endOf = (index: number, { outcome, reason }: Ended): MemberExit => ({
  index,
  exitCode: null,
  signal: null,
  lastLine: reason === '' ? `its group: ${outcome}` : reason,
});
