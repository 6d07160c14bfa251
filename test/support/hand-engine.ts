import type { AgentGroup, Engine, Handle, MemberExit } from '../../src/engines/engine.ts';

/** An engine whose members are the test's own fake agents. */
export class HandEngine implements Engine {
  readonly name = 'local';
  readonly submitted: AgentGroup[] = [];
  readonly cancelled: number[] = [];
  readonly #exits = new Map<number, (exit: MemberExit) => void>();
  #firstSubmitted: (group: AgentGroup) => void = () => {};
  readonly first = new Promise<AgentGroup>((resolve) => {
    this.#firstSubmitted = resolve;
  });

  probe = () => Promise.resolve({ kind: 'feasible', places: 64 } as const);
  submit(group: AgentGroup, key: Handle['key']): Promise<Handle> {
    this.submitted.push(group);
    this.#firstSubmitted(group);
    return Promise.resolve({ engine: 'local', key, members: [] });
  }
  status = () => Promise.resolve({ kind: 'unknown', reason: 'fake agents' } as const);
  watch(handle: Handle, onExit: (exit: MemberExit) => void): () => void {
    this.#exits.set(handle.key.attempt, onExit);
    return () => this.#exits.delete(handle.key.attempt);
  }
  cancel(handle: Handle): Promise<void> {
    this.cancelled.push(handle.key.attempt);
    return Promise.resolve();
  }
  async *logs(): AsyncGenerator<Uint8Array> {}
  list = () => Promise.resolve([]);

  exit(attempt: number, exit: MemberExit): void {
    this.#exits.get(attempt)?.(exit);
  }
}
