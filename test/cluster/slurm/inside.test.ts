import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { benchmarksOf, freshFolder, loadcell, type Running, resultsOf } from '../../support/loadcell.ts';
import { processes } from '../../support/process-tree.ts';
import { accountingHolds, lastAttempts, runIdOf, scheduleDigests } from '../campaign-results.ts';
import { describeCluster } from '../describe-cluster.ts';
import { whyNoSlurm } from './slurm-cluster.ts';
import { slurmFleet, succeeded } from './slurm-fleet.ts';

/** The first second of a trial is known here. */
const UNDER_LOAD = /load: offered/;

describeCluster('a coordinator inside a Slurm cluster', whyNoSlurm(), () => {
  const slurm = slurmFleet();

  const campaign = (load = '4s'): string => `
name: inside-slurm
targets: { sleeper: { sleep: { constant: 2ms } } }
scenarios: { load: { load: { rate: 100/s, for: ${load} } } }
objectives: [errors < 5%]
instances: { a100-40: { gpu: A100-SXM4-40GB, partition: a100 } }
fleet:
  engine: slurm
  agents: 2
  instance: a100-40
  pacing: lowCpu
  coordinator: { place: inside, walltime: 20m }
  slurm: { shared: ${slurm.shared} }
telemetry: { gpu: off }
warmup: 1s
drain: 2s
seed: 7
retryInvalid: 2
`;

  const there = (verb: string, runId: string, folder = freshFolder(), args: readonly string[] = []): Running =>
    loadcell(
      [...verb.split(' '), runId, '--engine', 'slurm', '--shared', slurm.shared, ...args].filter(isSaid),
      folder,
      slurm.env(),
    );
  const isSaid = (word: string): boolean => word !== '';

  const rooms = (): readonly string[] => readdirSync(join(slurm.shared, 'inside'));
  const theRoom = (): Promise<string> =>
    eventually('a room', async () => rooms().length > 0).then(() => rooms()[0] ?? '');

  const nothingIsLeft = async (runId: string): Promise<void> => {
    await slurm.nothingIsLeft(runId);
    expect(rooms()).toEqual([]);
  };

  /** Ids of the processes that `loadcell inside` of a room is made of. */
  const coordinatorsIn = (room: string): readonly number[] =>
    processes()
      .filter(({ command }) => command.includes(` inside ${room} `))
      .map(({ pid }) => pid);
  const stateOf = (folder: string): string => benchmarksOf(folder).run.state;

  test('a campaign gives the same schedule and verdict as led from here, and its folder comes whole', async () => {
    const inside = slurm.start(campaign());
    await inside.saw(/waiting for agents: 0 of 2 registered; its coordinator waits: /);
    await inside.saw(UNDER_LOAD);
    succeeded(await inside.ended);
    const here = slurm.start(campaign(), ['--set', 'fleet.coordinator.place=here']);
    succeeded(await here.ended);
    const [one, other] = [benchmarksOf(inside.folder), benchmarksOf(here.folder)];
    expect(scheduleDigests(one)).toEqual(scheduleDigests(other));
    expect(one.verdict.kind).toBe(other.verdict.kind);
    accountingHolds(one);
    expect(one.cells.flatMap(lastAttempts)[0]?.accounting).toMatchObject({ scheduled: 400, ok: 400 });
    const judged = await loadcell(['judge', resultsOf(inside.folder), '--json'], inside.folder, slurm.env()).ended;
    succeeded(judged);
    expect(judged.stdout).toBe(readFileSync(join(resultsOf(inside.folder), 'benchmarks.json'), 'utf8'));
    await nothingIsLeft(runIdOf(inside.folder));
  });

  test('a killed command does not end the run, whose results are fetched later', async () => {
    const running = slurm.start(campaign('8s'));
    await running.saw(UNDER_LOAD);
    running.process.kill('SIGKILL');
    await running.ended;
    const runId = await theRoom();
    expect((await there('engines list', '').ended).stdout).toMatch(
      new RegExp(`^${runId} +inside +coordinator +\\d+ +running$`, 'm'),
    );
    const folder = freshFolder();
    const fetched = await there('fetch', runId, folder).ended;
    succeeded(fetched);
    expect(fetched.stdout).toMatch(/verdict {2}pass/);
    expect(stateOf(folder)).toBe('complete');
    await nothingIsLeft(runId);
    const again = await there('fetch', runId).ended;
    expect(again).toMatchObject({ code: 64, stderr: expect.stringContaining(`found nothing of ${runId} there`) });
  });

  test('the first Ctrl-C drains there and brings what there is; a second one ends at once and keeps it there', async () => {
    const drained = slurm.start(campaign('10m'));
    await drained.saw(UNDER_LOAD);
    drained.process.kill('SIGINT');
    expect((await drained.ended).code).toBe(130);
    expect(stateOf(drained.folder)).toBe('interrupted');
    accountingHolds(benchmarksOf(drained.folder));
    await nothingIsLeft(runIdOf(drained.folder));

    const ended = slurm.start(campaign('10m'));
    await ended.saw(UNDER_LOAD);
    ended.process.kill('SIGINT');
    await ended.saw(/once more ends at once/);
    ended.process.kill('SIGINT');
    const { code, stderr } = await ended.ended;
    expect(code, stderr).toBe(130);
    expect(await slurm.cluster.jobs(), 'as soon as the command has ended').toEqual([]);
    const runId = await theRoom();
    if (stderr.includes('ended at once')) expect(stderr).toContain(`loadcell fetch ${runId} --engine slurm --shared`);
    expect((await there('fetch', runId, freshFolder(), ['--discard']).ended).code).toBe(0);
    await nothingIsLeft(runId);
  });

  test('a coordinator whose job is cancelled drains, and its folder comes here', async () => {
    const running = slurm.start(campaign('10m'));
    await running.saw(UNDER_LOAD);
    const job = (
      await slurm.cluster.tool('squeue', '-h', '-n', `loadcell-${await theRoom()}-inside`, '-o', '%A')
    ).trim();
    await slurm.cluster.tool('scancel', job);
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(130);
    expect(stateOf(running.folder)).toBe('interrupted');
    await nothingIsLeft(runIdOf(running.folder));
  });

  test('a coordinator that dies leaves no agent, and what was acknowledged comes here', async () => {
    const running = slurm.start(campaign('10m'));
    await running.saw(UNDER_LOAD);
    const room = join(slurm.shared, 'inside', await theRoom());
    for (const pid of coordinatorsIn(room)) process.kill(pid, 'SIGKILL');
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(70);
    expect(stderr).toMatch(
      /the coordinator inside ended before the run was over: Slurm job \d+: .*loadcell run --resume/,
    );
    const folder = resultsOf(running.folder);
    expect(readdirSync(folder)).not.toContain('manifest.json');
    const judged = await loadcell(['judge', folder], running.folder, slurm.env()).ended;
    expect(judged.stdout).toContain('invalid');
    await nothingIsLeft(runIdOf(running.folder));
  });

  test('a node that fails is told with its coordinator, which ends by itself where it lives on unheard of', async () => {
    // Another trial is to come: a coordinator that lives on waits for a place and has not said its last word.
    const alone = campaign('10m').replace('agents: 2', 'agents: 1\n  onLoss: { wait: 60s }');
    const running = slurm.start(`${alone}trials: 2\n`);
    await running.saw(UNDER_LOAD);
    const runId = await theRoom();
    const node = (await slurm.cluster.tool('squeue', '-h', '-n', `loadcell-${runId}-inside`, '-o', '%N')).trim();
    await slurm.cluster.killNode(node);
    const room = join(slurm.shared, 'inside', runId);
    expect(coordinatorsIn(room), 'the daemon’s death ends no coordinator').not.toEqual([]);
    await slurm.cluster.tool('scontrol', 'update', `nodename=${node}`, 'state=down', 'reason=dead');
    const { code, stderr } = await running.ended;
    expect(stderr).toMatch(
      /the coordinator inside ended before the run was over: Slurm job \d+: .*NODE_FAIL.*loadcell run --resume/,
    );
    expect(code).toBe(70);
    await eventually('the coordinator to miss its room', () => coordinatorsIn(room).length === 0);
    await slurm.cluster.revive(node);
    await nothingIsLeft(runId);
  });

  test('engines cancel ends a coordinator that nobody follows, and its agents; what it recorded stays', async () => {
    const running = slurm.start(campaign('10m'));
    await running.saw(UNDER_LOAD);
    running.process.kill('SIGKILL');
    await running.ended;
    const runId = await theRoom();
    const cancelled = await there('engines cancel', runId).ended;
    expect(cancelled.stdout).toContain(
      `slurm: ended the coordinator of ${runId}; loadcell fetch ${runId} --engine slurm`,
    );
    expect(await slurm.cluster.jobs()).toEqual([]);
    expect((await there('engines list', '').ended).stdout).toMatch(
      new RegExp(`^${runId} .* ended; loadcell fetch`, 'm'),
    );
    const folder = freshFolder();
    const fetched = await there('fetch', runId, folder).ended;
    expect([70, 130], fetched.stderr).toContain(fetched.code);
    expect(readdirSync(join(resultsOf(folder), 'journal')).length).toBeGreaterThan(0);
    await nothingIsLeft(runId);
  });

  test('engines probe has an agent dial a coordinator that is inside too, and leaves neither', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'campaign.yaml'), campaign());
    const probe = await loadcell(['engines', 'probe', 'campaign.yaml'], folder, slurm.env()).ended;
    expect(probe.stdout, probe.stderr).toMatch(
      /^dial: an agent on gpu[12] reached the coordinator at 127\.0\.0\.1:\d+$/m,
    );
    succeeded(probe);
    expect(await slurm.cluster.jobs()).toEqual([]);
    expect(rooms()).toEqual([]);
  });

  test('while the nodes are taken it says why the coordinator waits, and ends with exit 12 at the deadline', async () => {
    const free = await slurm.cluster.occupy();
    const running = slurm.start(campaign(), ['--deadline', '8s']);
    await running.saw(/its coordinator waits: Slurm job \d+ is queued \((Resources|Priority|None)\)/);
    const ended = await running.ended;
    expect(ended.stderr).toMatch(/no place was given to the coordinator within 8s: Slurm job \d+ is queued \(\w+\)/);
    expect(ended.code).toBe(12);
    await free();
    expect(rooms()).toEqual([]);
  });
});
