import { EventEmitter } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ANY_INSTANCE } from '../../src/campaign/instance.ts';
import { leadInside } from '../../src/cli/inside/lead.ts';
import type { SupervisedEnd } from '../../src/cli/supervise.ts';
import { packageVersion } from '../../src/cli/version.ts';
import type { ProgressEvent } from '../../src/coordinator/progress-events.ts';
import { digestFiles } from '../../src/coordinator/results-folder.ts';
import { CALIBRATION_MAX_AGE_S, type RunRequest } from '../../src/coordinator/supervision.ts';
import { seconds } from '../../src/time/ns.ts';
import { fakeTools } from '../support/fake-tool.ts';
import { type Breaks, FolderPlace } from '../support/folder-place.ts';
import { freshFolder, loadcell } from '../support/loadcell.ts';
import { smallCampaign, smallCell, smallPlan } from '../support/small-plan.ts';

const RUN = '20261122T051800Z-small-7f3a';
const inside = { instance: ANY_INSTANCE, stayNs: seconds(1200) };

const twoTrials = [1, 2].map((index) => ({ index, scheduleDigest: null, scheduled: 200 }));

const requestOf = (resultsDir: string, forS: number, mode: RunRequest['mode']): RunRequest => ({
  mode,
  runId: RUN,
  plan: smallPlan([smallCell(forS === 2 ? { trials: twoTrials } : {}, 100, forS)], {
    loadcell: packageVersion(),
    fleet: {
      engine: 'local',
      queueNs: seconds(60),
      stayNs: null,
      instances: {},
      coordinator: { listen: null, advertise: null, inside },
    },
  }),
  campaignText: Buffer.from(smallCampaign),
  resultsDir,
  source: { commit: null, dirty: null, ci: null },
  listen: { host: '127.0.0.1', port: 0 },
  calibrationMaxAgeS: CALIBRATION_MAX_AGE_S,
  deadline: null,
});

/** A run that is led from here, on a place in a folder of this machine. */
function lead(breaks: Breaks = {}, { forS = 2, beforeStart = (_bundle: string): void => {}, resume = '' } = {}) {
  const [results, rooms] = [resume === '' ? freshFolder() : dirname(resume), freshFolder()];
  const place = new FolderPlace(rooms, breaks, beforeStart);
  const shown: ProgressEvent[] = [];
  const signals = new EventEmitter() as unknown as NodeJS.Process;
  const seen = Promise.withResolvers<void>();
  const progress = {
    show: (event: ProgressEvent): void => {
      shown.push(event);
      if (event.kind === 'second') seen.resolve();
    },
    close: (): void => {},
  };
  const run = {
    request: requestOf(results, forS, resume === '' ? 'new' : 'resume'),
    place,
    order: { runId: RUN, ...inside },
    progress,
    signals,
  };
  return { end: leadInside(run), folder: join(results, RUN), rooms, place, shown, signals, underLoad: seen.promise };
}

/** Which one it is depends on how busy this machine is. */
function exitIsTheVerdicts(end: SupervisedEnd): void {
  expect(messageOf(end)).toBe('finished');
  if (end.kind === 'finished') expect(end.exitCode).toBe(end.result.verdict.exitCode);
}

const messageOf = (end: SupervisedEnd): string => (end.kind === 'failed' ? end.message : end.kind);

test('a run comes back from its place as one that was led here, through lines that break and bytes that are wrong', async () => {
  const { end, folder, rooms, place, shown } = lead({
    words: [2, 3],
    reads: [100],
    garbled: ['report.md'],
  });
  const found = await end;
  exitIsTheVerdicts(found);
  expect(found).toMatchObject({ result: { folder, summary: { run: { state: 'complete' } } } });
  const kinds = shown.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'trial-ended')).toHaveLength(2);
  expect(kinds.filter((kind) => kind === 'fault')).toHaveLength(3);
  const judged = await loadcell(['judge', folder, '--json']).ended;
  expect(judged).toMatchObject({ code: found.exitCode, stdout: readFileSync(join(folder, 'benchmarks.json'), 'utf8') });
  expect(place.cleared).toEqual([join(rooms, RUN)]);
  expect(readdirSync(join(folder, '..'))).toEqual([RUN]);
});

test('what does not come whole stays there, and is said with what fetches it; what came is not asked for again', async () => {
  const { end, folder, rooms, place } = lead({ results: ['the cluster is being serviced'] });
  const found = await end;
  expect(found).toMatchObject({ kind: 'failed', exitCode: 70 });
  expect(messageOf(found)).toBe(
    `the run is over, and its results folder did not come whole: the cluster is being serviced; it lies in ${join(rooms, RUN)}; results stay there until they are fetched: loadcell fetch ${RUN} --engine local --results ${dirname(folder)}`,
  );
  expect(place.cleared).toEqual([]);
  expect(existsSync(folder)).toBe(false);
  const there = join(rooms, RUN, 'results', RUN);
  expect(await digestFiles(there, () => true)).toEqual(
    JSON.parse(readFileSync(join(rooms, RUN, 'sealed.json'), 'utf8')),
  );
});

test('an interrupt drains there: the folder comes, marked as interrupted', async () => {
  const { end, folder, shown, signals, underLoad } = lead({}, { forS: 600 });
  await underLoad;
  signals.emit('SIGINT', 'SIGINT');
  expect(await end).toMatchObject({
    kind: 'finished',
    exitCode: 130,
    result: { summary: { run: { state: 'interrupted' } } },
  });
  expect(shown).toContainEqual({ kind: 'interrupting', signal: 'SIGINT' });
  expect(existsSync(join(folder, 'manifest.json'))).toBe(true);
});

test('a run that was interrupted there is gone on with there, and the whole takes its place here', async () => {
  const first = lead();
  await first.underLoad;
  first.signals.emit('SIGINT', 'SIGINT');
  expect(await first.end).toMatchObject({ kind: 'finished', exitCode: 130 });
  const end = await lead({}, { resume: first.folder }).end;
  exitIsTheVerdicts(end);
  expect(end).toMatchObject({ result: { summary: { run: { state: 'complete' } } } });
  expect(readdirSync(join(first.folder, 'journal'))).toHaveLength(2);
});

test('a second interrupt ends at once, and what was recorded stays there', async () => {
  const { end, rooms, signals, underLoad } = lead({}, { forS: 600 });
  await underLoad;
  signals.emit('SIGTERM', 'SIGTERM');
  signals.emit('SIGTERM', 'SIGTERM');
  expect(messageOf(await end)).toContain(`ended at once by SIGTERM; what was recorded lies in ${join(rooms, RUN)}`);
});

test('a coordinator whose room is cleared while it lives ends by itself, and makes no room anew', async () => {
  const { end, rooms, place, underLoad } = lead({}, { forS: 600 });
  let cleared = 0;
  place.clear = async () => void cleared++;
  await underLoad;
  renameSync(join(rooms, RUN), join(rooms, 'aside'));
  expect(await end).toMatchObject({ kind: 'failed', exitCode: 70 });
  expect(cleared).toBe(1);
  expect(readdirSync(rooms)).toEqual(['aside']);
});

test('results are not removed where the engine does not say whether their run is over', async () => {
  const tools = fakeTools({ squeue: 'echo "Unable to contact slurm controller" >&2; exit 1' });
  const shared = freshFolder();
  const job = join(shared, 'inside', RUN, 'job');
  mkdirSync(dirname(job), { recursive: true });
  writeFileSync(job, '7\n');
  const args = ['fetch', RUN, '--engine', 'slurm', '--shared', shared, '--discard'];
  const { code, stderr } = await loadcell(args, freshFolder(), { ...tools.env }).ended;
  tools.remove();
  expect(stderr).toMatch(/is not known to be over, and is left as it is: .*Unable to contact slurm controller/);
  expect(code).toBe(12);
  expect(existsSync(job)).toBe(true);
});

test('a coordinator whose room is not there, or takes no words, says why where it was started', async () => {
  const nowhere = join(freshFolder(), 'nowhere');
  expect(await loadcell(['inside', nowhere]).ended).toMatchObject({
    code: 64,
    stderr: `loadcell: ${nowhere}: not found, expected a folder with the bundle of a run\n`,
  });
  const room = freshFolder();
  symlinkSync(join(nowhere, 'words'), join(room, 'words'));
  const { code, stderr } = await loadcell(['inside', room]).ended;
  expect(stderr).toContain(`${join(room, 'bundle', 'listing.json')}: not found, expected the bundle of a run`);
  expect(code).toBe(70);
});

test('a run on a cluster that no kubeconfig names cannot be fetched, and that is no fault of the program', async () => {
  const home = freshFolder();
  const args = ['fetch', RUN, '--engine', 'kubernetes'];
  const { code, stderr } = await loadcell(args, home, { HOME: home, KUBECONFIG: '' }).ended;
  expect(stderr).toMatch(/^loadcell: found no kubeconfig: /);
  expect(code).toBe(64);
});

test('a bundle that did not come whole begins nothing', async () => {
  const { end, folder } = lead({}, { beforeStart: (bundle) => appendFileSync(join(bundle, 'plan.json'), ' ') });
  expect(messageOf(await end)).toMatch(/plan\.json: found \d+ bytes with SHA-256 .*: it was not handed over whole$/);
  expect(existsSync(folder)).toBe(false);
});
