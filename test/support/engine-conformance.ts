import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ANY_INSTANCE } from '../../src/campaign/instance.ts';
import type { AgentGroup, Engine, Handle, MemberExit } from '../../src/engines/engine.ts';
import type { NonEmpty } from '../../src/scenarios/phase.ts';
import { milliseconds, seconds } from '../../src/time/ns.ts';
import { FakeCoordinator } from './fake-coordinator.ts';

/** An engine under test, on a place of its own. */
export interface EngineBench {
  /** The engine of a coordinator that has just started: everything it knows of earlier ones is outside it. */
  engine(): Engine;
  /** `host:port` under which agents reach this port of this machine. */
  address(port: number): string;
  /** Ends the member at once, as a fault of the node would. */
  killMember(handle: Handle, index: number): void;
  /** Stops the member without ending it; null where the engine's members cannot be stopped. */
  stopMember: ((handle: Handle, index: number) => void) | null;
  close(): Promise<void>;
}

/** A group whose agents may run on anything, for any time. */
export const placeOf = (group: Omit<AgentGroup, 'instance' | 'stayNs'>): AgentGroup => ({
  ...group,
  instance: ANY_INSTANCE,
  stayNs: null,
});

/** Resolves when the group has ended. */
export const ended = (engine: Engine, handle: Handle): Promise<void> =>
  new Promise((resolve) => {
    engine.watch(handle, ({ kind }) => {
      if (kind === 'ended') resolve();
    });
  });

/** What every engine must do, with real agents and a coordinator that only listens. */
export function describeEngine(name: string, openBench: () => Promise<EngineBench>): void {
  describe(`the ${name} engine`, () => {
    let bench: EngineBench;
    let coordinator: FakeCoordinator;
    let submitted: Handle[];

    beforeEach(async () => {
      bench = await openBench();
      coordinator = new FakeCoordinator();
      await coordinator.listen();
      submitted = [];
    });

    afterEach(async () => {
      const engine = bench.engine();
      await Promise.all(submitted.map((handle) => engine.cancel(handle, milliseconds(0))));
      coordinator.close();
      await bench.close();
    });

    const group = (runId: string, indices: NonEmpty<number>): AgentGroup =>
      placeOf({ runId, indices, coordinator: bench.address(coordinator.port), token: 'secret of the run' });

    async function submit(engine: Engine, of: AgentGroup, attempt = 1): Promise<Handle> {
      const handle = await engine.submit(of, { runId: of.runId, attempt });
      submitted.push(handle);
      return handle;
    }

    const exitsOf = (engine: Engine, handle: Handle, count: number): Promise<MemberExit[]> =>
      new Promise((resolve) => {
        const unwatch = engine.watch(handle, (status) => {
          const members = 'members' in status ? status.members : [];
          const exits = members.flatMap(({ state }) => (state.kind === 'ended' ? [state.exit] : []));
          if (exits.length < count) return;
          queueMicrotask(() => unwatch());
          resolve(exits.sort((a, b) => a.index - b.index));
        });
      });

    test('places every agent of a group, which come with their place, attempt and token', async () => {
      const engine = bench.engine();
      const of = group('placing', [0, 3]);
      expect((await engine.probe(of)).kind).toBe('feasible');
      const handle = await submit(engine, of, 2);
      expect(handle.members.map(({ index }) => index)).toEqual([0, 3]);
      const came = [await coordinator.heard('register'), await coordinator.heard('register')];
      expect(came.map(({ index }) => index).sort()).toEqual([0, 3]);
      for (const { attempt, token, runId } of came) {
        expect({ attempt, token, runId }).toEqual({ attempt: 2, token: of.token, runId: 'placing' });
      }
      expect((await engine.status(handle)).kind).toBe('running');
    });

    test('starts nothing when the same attempt is submitted again', async () => {
      const engine = bench.engine();
      const of = group('twice', [0]);
      const handle = await submit(engine, of);
      await coordinator.heard('register');
      expect(await submit(engine, of)).toEqual(handle);
      expect(await submit(bench.engine(), of), 'by a coordinator that was restarted').toEqual(handle);
      expect(coordinator.said.filter((said) => said.case === 'register')).toEqual([]);
    });

    test('leads the agents of an earlier coordinator by their handle', async () => {
      const handle = await submit(bench.engine(), group('orphan', [0]));
      await coordinator.heard('register');
      const later = bench.engine();
      expect(await later.list({ runId: 'orphan' })).toEqual([handle]);
      expect(await later.list({ runId: 'another' })).toEqual([]);
      const kept = JSON.parse(JSON.stringify(handle)) as Handle;
      expect((await later.status(kept)).kind).toBe('running');
      await later.cancel(kept, seconds(5));
      expect((await later.status(kept)).kind).toBe('ended');
      expect(await later.list({ runId: 'orphan' })).toEqual([]);
    });

    test('tells of an end by itself, and of how it came', async () => {
      const engine = bench.engine();
      const handle = await submit(engine, group('done', [0]));
      await coordinator.heard('register');
      const exits = exitsOf(engine, handle, 1);
      coordinator.drain();
      expect(await exits).toEqual([{ index: 0, exitCode: 0, signal: null, lastLine: '' }]);
      expect(await engine.status(handle)).toMatchObject({ kind: 'ended', outcome: 'completed' });
      expect(await exitsOf(engine, handle, 1), 'to one who asks later').toHaveLength(1);
    });

    test('tells of a member that was killed while the others go on', async () => {
      const engine = bench.engine();
      const handle = await submit(engine, group('killed', [0, 1]));
      await coordinator.heard('register');
      await coordinator.heard('register');
      const exits = exitsOf(engine, handle, 1);
      bench.killMember(handle, 1);
      expect(await exits).toMatchObject([{ index: 1, signal: 'SIGKILL' }]);
      const status = await engine.status(handle);
      expect(status.kind).toBe('running');
      expect(status.kind === 'running' && status.members.map(({ state }) => state.kind)).toEqual(['running', 'ended']);
    });

    test('quotes the last words of an agent that could not serve', async () => {
      coordinator.manners.refusal = 'bad-token';
      const engine = bench.engine();
      const handle = await submit(engine, group('refused', [0]));
      const [exit] = await exitsOf(engine, handle, 1);
      const words = 'loadcell agent: the coordinator refused this agent (bad-token): not you';
      expect(exit).toEqual({ index: 0, exitCode: 64, signal: null, lastLine: words });
      expect((await engine.status(handle)).kind).toBe('ended');
      const logs: Buffer[] = [];
      for await (const chunk of engine.logs(handle, 0)) logs.push(Buffer.from(chunk));
      expect(Buffer.concat(logs).toString()).toBe(`${words}\n`);
    });

    test('cancels twice as well as once, and what it does not know is done', async () => {
      const engine = bench.engine();
      const handle = await submit(engine, group('cancelled', [0, 1]));
      await coordinator.heard('register');
      await engine.cancel(handle, seconds(5));
      await engine.cancel(handle, seconds(5));
      expect(await engine.status(handle)).toMatchObject({ kind: 'ended', outcome: 'cancelled' });
      const unknown: Handle = { ...handle, key: { runId: 'nobody', attempt: 1 }, members: [] };
      await engine.cancel(unknown, seconds(5));
    });

    test('cancels a member that does not answer any more', async ({ skip }) => {
      if (bench.stopMember === null) skip('members of this engine cannot be stopped');
      const engine = bench.engine();
      const handle = await submit(engine, group('stopped', [0]));
      await coordinator.heard('register');
      bench.stopMember?.(handle, 0);
      await engine.cancel(handle, milliseconds(100));
      expect((await engine.status(handle)).kind).toBe('ended');
    });
  });
}
