import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { FromRunner } from '../../src/agent/runner/messages.ts';
import type { CustomSpec, PlainValue } from '../../src/campaign/target-spec.ts';
import { sha256OfFile } from '../../src/models/digest.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { nodeMonotonic } from '../../src/time/monotonic.ts';
import { milliseconds, seconds } from '../../src/time/ns.ts';
import type { Interval } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { decodeInterval } from '../../src/wire/interval-codec.ts';
import { prepared, runner } from '../support/held-runner.ts';
import { benchmarksOf, runCampaign } from '../support/loadcell.ts';
import { openLoad, phase, trialSpec } from '../support/trial-spec.ts';

const entry = fileURLToPath(new URL('../../src/agent/runner/main.ts', import.meta.url));
const misbehaving = fileURLToPath(new URL('../support/custom/misbehaving.ts', import.meta.url));

const custom = async (options: Readonly<Record<string, PlainValue>>): Promise<CustomSpec> => ({
  kind: 'custom',
  module: { name: 'misbehaving.ts', path: misbehaving, sha256: await sha256OfFile(misbehaving) },
  options,
  batch: 1,
  openWithinNs: seconds(60),
});

/** Twenty requests in a tenth of a second. */
const specOf = async (options: Readonly<Record<string, PlainValue>>) =>
  trialSpec({
    phases: [phase('load', 0, 0.1, openLoad(200, 0.1))],
    target: await custom(options),
    drainNs: seconds(1),
  });

const armed = async (does: string) => {
  const held = await prepared(entry, await specOf({ does, from: 6 }));
  held.tell({ kind: 'arm', zero: nodeMonotonic() + 20_000_000n });
  return held;
};

const intervalsOf = (heard: readonly FromRunner[]): readonly Interval[] =>
  heard.flatMap((each) => (each.kind === 'interval' ? [decodeInterval(each.payload)] : []));

const countOf = (intervals: readonly Interval[], outcome: Outcome): number =>
  intervals.flatMap(({ slots }) => slots).reduce((sum, { outcomes }) => sum + (outcomes[outcome] ?? 0), 0);

/** Code that says when it fails is counted; the five good requests before stay good. */
test.each([
  ['resolves to nothing', Outcome.targetError, 'no-outcome', 'infer returned undefined, expected an outcome'],
  ['throws', Outcome.targetError, 'TypeError', 'undefined is not a function'],
  ['rejects with a failure', Outcome.rejected, '429', 'too many requests'],
] as const)('custom code that %s fails its requests', async (does, outcome, code, message) => {
  const { ended, heard } = await armed(does);
  expect(await ended).toEqual([0, null]);
  const intervals = intervalsOf(heard);
  expect(countOf(intervals, Outcome.ok)).toBe(5);
  expect(countOf(intervals, outcome)).toBe(15);
  const failures = intervals.flatMap((interval) => interval.failures);
  expect(failures).toMatchObject(failures.map(() => ({ code, message: expect.stringContaining(message) })));
  expect(failures.reduce((sum, { count }) => sum + count, 0)).toBe(15);
});

test.each(['never settles', 'blocks for ever'])('custom code that %s leaves its requests unfinished', async (does) => {
  const { ended, heard } = await armed(does);
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(heard.at(-1)?.kind).toBe('done');
  expect(countOf(intervalsOf(heard), Outcome.unfinished)).toBe(15);
});

test.each([
  ['exits', 'worker exited with code: 3'],
  ['throws later', 'outside of every request'],
])('custom code that %s ends the trial as a runner that died of it', async (does, why) => {
  const { hear, ended } = await armed(does);
  expect(await hear('fault')).toEqual({
    kind: 'fault',
    code: 'runner-died',
    message: `custom target misbehaving.ts: ended its thread while the trial ran: ${why}`,
  });
  await ended;
});

test('custom code that kills its process ends the runner, and its agent sees the signal', async () => {
  const { ended } = await armed('kills its process');
  expect(await ended).toEqual([null, 'SIGABRT']);
});

test.each([
  ['throws when opened', 'open failed: Error: no such file'],
  ['exits', 'ended its thread before it was open: worker exited with code: 3'],
])('custom code that %s at once does not open, and one sentence says why', async (does, why) => {
  const { hear, tell, ended } = runner(entry);
  tell({ kind: 'prepare', spec: await specOf({ does }) });
  expect(await hear('fault')).toEqual({
    kind: 'fault',
    code: 'target-setup',
    message: `custom target misbehaving.ts: ${why}`,
  });
  await ended;
});

test.each(['never settles', 'blocks for ever'])('custom code that %s while it opens is given up', async (does) => {
  const { hear, tell, ended } = runner(entry);
  const spec = await specOf({ does });
  tell({
    kind: 'prepare',
    spec: { ...spec, target: { ...(await custom({ does })), openWithinNs: milliseconds(700) } },
  });
  expect(await hear('fault')).toEqual({
    kind: 'fault',
    code: 'target-setup',
    message: 'custom target misbehaving.ts: was not open and had no first answer within 0.7 s (openWithin)',
  });
  await ended;
});

test('a module that has changed since the plan is not run', async () => {
  const { hear, tell, ended } = runner(entry);
  const target = await custom({ does: 'exits' });
  const changed = { ...target, module: { ...target.module, sha256: 'ab'.repeat(32) } };
  tell({ kind: 'prepare', spec: { ...(await specOf({})), target: changed } });
  expect(await hear('fault')).toMatchObject({
    code: 'target-setup',
    message: expect.stringMatching(/^custom target misbehaving.ts: its content has changed since the plan was made/),
  });
  await ended;
});

const CAMPAIGN = `name: own
targets: { own: { custom: { module: ${JSON.stringify(misbehaving)}, options: { does: throws, from: 1000000 } } } }
scenarios: { load: { load: { rate: 100/s, for: 1s } } }
objectives: [errors < 1%]
warmup: 0s
seed: 3
`;

test('a campaign with custom code is run only with --allow-code', async () => {
  const refused = await runCampaign(CAMPAIGN, ['--allow-outside']);
  expect(refused.code).toBe(64);
  expect(refused.stderr).toMatch(
    /^loadcell: campaign\.yaml:2:\d+: targets\.own\.custom\.module: found .+misbehaving\.ts, code that/,
  );
  expect(
    refused.stderr
      .trim()
      .split('\n')
      .filter((line) => line.includes('targets.own')),
  ).toHaveLength(1);

  const allowed = await runCampaign(CAMPAIGN, ['--allow-outside', '--allow-code', '--quiet']);
  const { targets, cells } = benchmarksOf(allowed.folder);
  expect(targets.own).toEqual({
    kind: 'custom',
    module: { name: misbehaving, sha256: await sha256OfFile(misbehaving) },
  });
  expect(cells[0]?.trials[0]?.accounting).toMatchObject({ scheduled: 100, ok: 100 });
});
