import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ANY_INSTANCE, type Instance } from '../../../../src/campaign/instance.ts';
import { probeSlurm } from '../../../../src/engines/slurm/probe.ts';
import type { CallTool, ToolEnd } from '../../../../src/engines/tool.ts';

let shared: string;
beforeEach(() => {
  shared = mkdtempSync(join(tmpdir(), 'loadcell-shared-'));
});
afterEach(() => rmSync(shared, { recursive: true, force: true }));

const NODES = 'n1|10.0.0.1|n1|a100|idle|gpu:a100:4|64|515000\nn2|10.0.0.2|n2|a100|drained|gpu:a100:4|64|515000\n';
const said = (stdout: string, stderr = ''): ToolEnd => ({ kind: 'answered', stdout, stderr });

/** A site whose `sbatch --test-only` ends like this. */
const site = (trial: ToolEnd, nodes = said(NODES)) => {
  const call: CallTool = (tool, args) =>
    Promise.resolve(tool === 'sinfo' ? nodes : args.includes('--version') ? said('slurm 23.11.4\n') : trial);
  return { call, shared };
};

const group = (coordinator = '10.0.0.9:7070', instance: Partial<Instance> = {}) => ({
  runId: 'r',
  indices: [0, 1] as const,
  coordinator,
  token: 'secret',
  instance: { ...ANY_INSTANCE, ...instance },
  stayNs: null,
});

const WOULD_START = said(
  '',
  'sbatch: Job 7 to start at 2026-11-22T05:18:00 using 2 processors on nodes n1 in partition a100\n',
);
const refused = (why: string): ToolEnd => ({ kind: 'refused', why });

test('what would start is feasible, with what is there', async () => {
  expect(await probeSlurm(group(), site(WOULD_START))).toEqual({
    kind: 'feasible',
    found: [
      'slurm 23.11.4',
      'partition a100: 2 nodes, 1 idle, n2 drained; a node has gpu:a100:4, 64 CPUs, 515000 MiB',
      'Job 7 to start at 2026-11-22T05:18:00 using 2 processors on nodes n1 in partition a100',
    ],
  });
});

test.each(['127.0.0.1:7070', 'localhost:7070', '[::1]:7070', '127.0.0.1'])(
  'nodes that are other machines cannot dial %s',
  async (coordinator) => {
    expect(await probeSlurm(group(coordinator), site(WOULD_START))).toMatchObject({
      kind: 'infeasible',
      problems: [
        {
          code: 'misconfigured',
          message: `agents on n1 cannot dial ${coordinator}, which only this machine reaches`,
          hint: expect.stringContaining('--advertise'),
        },
      ],
    });
  },
);

test('nodes of this machine alone can dial a loopback address', async () => {
  const here = said('gpu1|127.0.0.1|vm|a100|idle|gpu:a100:2|8|1024\n');
  expect((await probeSlurm(group('127.0.0.1:7070'), site(WOULD_START, here))).kind).toBe('feasible');
});

test('a refusal is no last word while nodes are drained that may come back', async () => {
  const why = 'allocation failure: Requested node configuration is not available';
  expect(await probeSlurm(group(), site(refused(why)))).toMatchObject({
    kind: 'feasible',
    found: expect.arrayContaining([`not now, since nodes are down or drained: ${why}`]),
  });
  const whole = said(NODES.replace('drained', 'mixed'));
  expect(await probeSlurm(group(), site(refused(why), whole))).toMatchObject({
    kind: 'infeasible',
    problems: [{ code: 'no-room', message: `sbatch: ${why}` }],
  });
});

test.each([
  ['error: Batch job submission failed: Invalid account or account/partition combination specified', 'no-permission'],
  ['error: QOSMaxSubmitJobPerUserLimit', 'no-permission'],
  ["unrecognized option '--bogus'", 'misconfigured'],
  ['allocation failure: Invalid feature specification', 'no-room'],
])('%s is told as %s, in Slurm’s own words', async (why, code) => {
  expect(await probeSlurm(group(), site(refused(why)))).toMatchObject({
    kind: 'infeasible',
    problems: [{ code, message: `sbatch: ${why}` }],
  });
});

test('no answer says nothing about the group', async () => {
  const silent: ToolEnd = { kind: 'silent', why: 'sinfo gave no answer within 15 s' };
  for (const end of [site(WOULD_START, silent), site(silent)])
    expect(await probeSlurm(group(), end)).toMatchObject({ kind: 'infeasible', problems: [{ code: 'no-answer' }] });
});

test.skipIf(process.platform !== 'linux')('a shared folder where none can be made is named, and soon', async () => {
  const { call } = site(WOULD_START);
  expect(await probeSlurm(group(), { call, shared: '/proc/loadcell' })).toMatchObject({
    problems: [
      { code: 'no-permission', message: expect.stringMatching(/^\/proc\/loadcell: cannot be written: ENOENT/) },
    ],
  });
});

test('a shared folder that cannot be written is named, with what to change', async () => {
  const { call } = site(WOULD_START);
  const file = join(shared, 'a-file');
  writeFileSync(file, '');
  expect(await probeSlurm(group(), { call, shared: join(file, 'below') })).toMatchObject({
    problems: [
      {
        code: 'no-permission',
        message: expect.stringContaining('a-file/below: cannot be written'),
        hint: expect.stringContaining('fleet.slurm.shared'),
      },
    ],
  });
});
