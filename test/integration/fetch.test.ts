import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Word, wordLine } from '../../src/cli/inside/words.ts';
import { packageVersion } from '../../src/cli/version.ts';
import { fakeTools } from '../support/fake-tool.ts';
import { keptResult } from '../support/kept-result.ts';
import { commandLine, freshFolder, loadcell, program, type Running } from '../support/loadcell.ts';
import { testWith } from '../support/tools.ts';

const RUN = '20261122T051800Z-small-7f3a';
const FILES = { ...keptResult(RUN), 'journal/000001.log': Buffer.alloc(2 ** 20, 7) };
const LAST: Word = { kind: 'failed', exitCode: 13, message: 'agent 0 never registered' };

let tools: ReturnType<typeof fakeTools>;
let shared: string;
let room: string;
let job: string;

beforeAll(() => {
  job = join(freshFolder(), 'job');
  tools = fakeTools({ squeue: `cat ${job}`, scancel: 'true' });
});
afterAll(() => tools.remove());
beforeEach(() => {
  shared = freshFolder();
  room = join(shared, 'inside', RUN);
  lay('job', '7\n');
});

const jobIs = (state: 'RUNNING' | 'COMPLETED'): void =>
  writeFileSync(job, `7|${state}|None|loadcell-${RUN}-inside|coordinator\n`);

function lay(name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(room, name)), { recursive: true });
  writeFileSync(join(room, name), content);
}

/** What a coordinator says, and what it left. */
function layRun(words: readonly Word[], files: Readonly<Record<string, Uint8Array>> = {}): void {
  lay('words', words.map(wordLine).join(''));
  for (const [path, bytes] of Object.entries(files)) lay(join('results', RUN, path), bytes);
  const sealed = Object.entries(files).map(([path, bytes]) => ({
    path,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }));
  lay('sealed.json', JSON.stringify(sealed));
}

/** Of a run that is under way, once it has heard what was said so far. */
async function follower(folder = freshFolder()): Promise<Running> {
  jobIs('RUNNING');
  const heard: Word = { kind: 'progress', event: { kind: 'fault', message: 'agent 1 was lost' } };
  if (!existsSync(join(room, 'words')))
    layRun([{ kind: 'begun', loadcell: packageVersion(), host: 'n1', folder: '/there' }, heard], FILES);
  const running = loadcell([...args(), '--json'], folder, { ...tools.env });
  await running.saw('agent 1 was lost');
  return running;
}

const args = (): readonly string[] => ['fetch', RUN, '--engine', 'slurm', '--shared', shared];

test('Ctrl-C leaves a run that is under way to itself, and says where it lies and what fetches it', async () => {
  const running = await follower();
  running.process.kill('SIGINT');
  const { code, stderr } = await running.ended;
  expect(stderr).toContain(
    `loadcell: ended by SIGINT; the run goes on without this command, and what comes of it lies in ${room}; results stay there until they are fetched: loadcell fetch ${RUN} --engine slurm --shared ${shared}`,
  );
  expect(code).toBe(130);
  expect(existsSync(join(room, 'words'))).toBe(true);
});

testWith(
  'mount namespaces',
  'on a disk that is full nothing is taken for whole, and another fetch goes on',
  async () => {
    jobIs('COMPLETED');
    const telemetry = Buffer.alloc(3 * 2 ** 20, 7);
    layRun([LAST], { 'manifest.json': Buffer.from('{}'), 'telemetry/000001.log': telemetry });
    const folder = freshFolder();
    const small =
      'mkdir results && mount -t tmpfs -o size=1m none results && "$@"; code=$?; find results -name "2*"; exit $code';
    const full = program(['unshare', '--mount', 'sh', '-c', small, 'sh', ...commandLine(args())], folder, {
      ...tools.env,
    });
    const { code, stdout, stderr } = await full.ended;
    expect(stderr).toContain(`${join(folder, 'results', RUN)}: the disk is full; free some space or choose another`);
    expect(stderr.trimEnd().split('\n'), 'one sentence').toHaveLength(1);
    expect([code, stdout]).toEqual([70, '']);
    expect(existsSync(join(room, 'sealed.json')), 'nothing is lost').toBe(true);
    const again = await loadcell(args(), folder, { ...tools.env }).ended;
    expect(again).toMatchObject({ code: 13, stderr: 'loadcell: agent 0 never registered\n' });
    expect(readFileSync(join(folder, 'results', RUN, 'telemetry/000001.log')).equals(telemetry)).toBe(true);
    expect(readdirSync(join(folder, 'results'))).toEqual([RUN]);
    expect(existsSync(room)).toBe(false);
  },
);

test.each([
  [
    'kubernetes',
    /^loadcell: kubernetes: found no kubeconfig: .*; log in to the cluster, or name its kubeconfig with KUBECONFIG$/m,
  ],
  ['slurm', /^loadcell: slurm: squeue is not on the PATH of this machine$/m],
])(
  'what is held on %s cannot be listed where that is not to be had, which is knowable before: exit 64',
  async (engine, sentence) => {
    const home = freshFolder();
    const nothing = { HOME: home, KUBECONFIG: '', PATH: home };
    const { code, stderr } = await loadcell(['engines', 'list', '--engine', engine], home, nothing).ended;
    expect(stderr).toMatch(sentence);
    expect(code).toBe(64);
  },
);

test('two commands follow one run, and both end as it does, with its one folder', async () => {
  const folder = freshFolder();
  const running = [await follower(folder), await follower(folder)];
  appendFileSync(join(room, 'words'), wordLine({ kind: 'finished', exitCode: 10 }));
  jobIs('COMPLETED');
  const result = { runId: RUN, folder: join(folder, 'results', RUN), verdict: 'fail', exitCode: 10 };
  for (const { ended } of running) {
    const { code, stdout, stderr } = await ended;
    expect(code, stderr).toBe(10);
    expect(JSON.parse(stdout)).toEqual(result);
  }
  expect(readdirSync(join(folder, 'results'))).toEqual([RUN]);
  expect(readFileSync(join(folder, 'results', RUN, 'journal/000001.log')).equals(FILES['journal/000001.log'])).toBe(
    true,
  );
  expect(existsSync(room)).toBe(false);
});

test('a command whose run another one has brought elsewhere or discarded meanwhile says so, and is no fault', async () => {
  const running = await follower();
  rmSync(room, { recursive: true });
  jobIs('COMPLETED');
  const { code, stderr } = await running.ended;
  expect(stderr).toMatch(
    /^loadcell: nothing of the run came by this command: .*is not there any more: another command has brought its results, or discarded them$/m,
  );
  expect(code).toBe(12);
});
