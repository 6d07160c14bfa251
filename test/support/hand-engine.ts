import type { AgentGroup, Engine, GroupStatus, Handle, MemberExit } from '../../src/engines/engine.ts';

/** An engine whose members are the test's own fake agents. */
export class HandEngine implements Engine {
  readonly name = 'local';
  readonly submitted: AgentGroup[] = [];
  readonly cancelled: number[] = [];
  readonly #watchers = new Map<number, (status: GroupStatus) => void>();
  #firstSubmitted: (group: AgentGroup) => void = () => {};
  readonly first = new Promise<AgentGroup>((resolve) => {
    this.#firstSubmitted = resolve;
  });

  probe = () => Promise.resolve({ kind: 'feasible', found: [] } as const);
  submit(group: AgentGroup, key: Handle['key']): Promise<Handle> {
    this.submitted.push(group);
    this.#firstSubmitted(group);
    return Promise.resolve({ engine: 'local', key, members: [] });
  }
  status = () => Promise.resolve({ kind: 'unknown', reason: 'fake agents' } as const);
  watch(handle: Handle, onStatus: (status: GroupStatus) => void): () => void {
    this.#watchers.set(handle.key.attempt, onStatus);
    onStatus({ kind: 'running', members: [] });
    return () => this.#watchers.delete(handle.key.attempt);
  }
  cancel(handle: Handle): Promise<void> {
    this.cancelled.push(handle.key.attempt);
    return Promise.resolve();
  }
  async *logs(): AsyncGenerator<Uint8Array> {}
  list = () => Promise.resolve([]);

  exit(attempt: number, exit: MemberExit): void {
    const member = { index: exit.index, node: null, gpus: [], state: { kind: 'ended', exit } } as const;
    this.#watchers.get(attempt)?.({ kind: 'running', members: [member] });
  }
}
