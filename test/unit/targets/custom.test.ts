import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { CustomSpec, PlainValue } from '../../../src/campaign/target-spec.ts';
import { sha256OfFile } from '../../../src/models/digest.ts';
import { Outcome } from '../../../src/stats/outcome.ts';
import { customTarget } from '../../../src/targets/custom.ts';
import type { TargetContext } from '../../../src/targets/target.ts';
import { ns, seconds } from '../../../src/time/ns.ts';
import { temporaryFile } from '../../support/onnx-files.ts';

const misbehaving = fileURLToPath(new URL('../../support/custom/misbehaving.ts', import.meta.url));

const specOf = async (path: string, options: Readonly<Record<string, PlainValue>> = {}): Promise<CustomSpec> => ({
  kind: 'custom',
  module: { name: 'sut.ts', path, sha256: await sha256OfFile(path) },
  options,
  batch: 4,
  openWithinNs: seconds(60),
});

let nowNs = 0;
/** Every look at the clock is a millisecond later. */
const context: TargetContext = {
  now: () => {
    nowNs += 1e6;
    return ns(nowNs);
  },
  random: () => 0.5,
};

async function opened(does: string, from = 1) {
  const target = customTarget(await specOf(misbehaving, { does, from }));
  const facts = await target.open(context);
  return { target, facts };
}

/** What a request comes to: an outcome, or the failure that is thrown. */
async function answerOf(does: string): Promise<unknown> {
  const { target } = await opened(does);
  try {
    return await target.infer(1);
  } catch (error) {
    if (!(error instanceof Error)) return error;
    const { outcome, code, message } = error as Error & { readonly outcome?: string; readonly code?: string };
    return { outcome, code, message };
  }
}

const sentence = async (spec: CustomSpec): Promise<string> =>
  customTarget(spec)
    .open(context)
    .then(
      () => 'it opened',
      (error: Error) => error.message,
    );

const module = (text: string): Promise<CustomSpec> => {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return specOf(temporaryFile(text, `${digest}.mjs`));
};

test('code that keeps to the contract is asked for every sample, and its opening is timed', async () => {
  const { target, facts } = await opened('answers wrongly', 3);
  expect(facts).toEqual({ start: { sessionMs: 1, firstInferenceMs: 1 } });
  expect([target.infer(1), target.infer(2)]).toEqual([Outcome.ok, Outcome.ok]);
  expect(await target.infer(3)).toBe(Outcome.wrongOutput);
  await target.close();
  expect(() => target.infer(4)).toThrow('the custom target is not open');
});

test.each([
  ['answers undefined', 'undefined'],
  ['answers NaN', 'NaN'],
  ['answers a text', '"ok"'],
  ['answers shed', '5'],
  ['resolves to nothing', 'undefined'],
])('code that %s fails the request with a sentence', async (does, found) => {
  expect(await answerOf(does)).toEqual({
    outcome: 'target-error',
    code: 'no-outcome',
    message: `infer returned ${found}, expected an outcome, for example Outcome.ok`,
  });
});

test('failures keep their class and code, whichever copy of the contract made them', async () => {
  expect(await answerOf('rejects with a failure')).toEqual({
    outcome: 'rejected',
    code: '429',
    message: 'too many requests',
  });
  expect(await answerOf('rejects with another copy of a failure')).toEqual({
    outcome: 'rejected',
    code: '503',
    message: 'overfull',
  });
  expect(await answerOf('throws')).toMatchObject({ message: 'undefined is not a function' });
});

test('a first request that fails is no reason not to open, one that breaks the contract is', async () => {
  await expect(opened('throws', 0)).resolves.toBeDefined();
  await expect(opened('answers NaN', 0)).rejects.toThrow(
    'custom target sut.ts: infer returned NaN, expected an outcome',
  );
});

test.each([
  ['export const other = 1;', 'found other, expected a function as default export or as export `target`'],
  ['', 'found no export, expected a function as default export'],
  ['export default () => 3;', 'its function returned 3, expected an object with a function infer'],
  ['export default () => ({ infer: 3 });', 'its function returned an object with infer, expected an object with'],
  ['export default () => ({ infer() {}, open: 1 });', 'its function returned an object with infer, open, expected'],
  ['throw new Error("no licence\\n at all");', 'cannot be loaded: Error: no licence at all'],
  ['export default () => { throw new RangeError("few"); };', 'could not be made: RangeError: few'],
  ['export default () => ({ infer() {}, open() { throw "text"; } });', 'open failed: text'],
  ['export default () => ({ infer() {}, prepare() { throw "text"; } });', 'prepare failed: text'],
  ['import "./not-there.mjs";', 'cannot be loaded: '],
])('the module %j does not open', async (text, why) => {
  expect(await sentence(await module(text))).toContain(`custom target sut.ts: ${why}`);
});

test('the export `target` will do, gets options and toolkit, and may take its time', async () => {
  const spec = await module(`
    export const target = async ({ answer }, { Outcome, batch }) => ({
      infer: async (sample) => (sample === 0 || (batch === 4 && answer === 'ok') ? Outcome.ok : Outcome.rejected),
    });`);
  const target = customTarget({ ...spec, options: { answer: 'ok' } });
  await target.open(context);
  expect(await target.infer(9)).toBe(Outcome.ok);
});

test('code may prepare and check beside its requests, and what it checks decides', async () => {
  const spec = await module(`
    export default (options, { Outcome, RequestFailure }) => {
      let ready = -1;
      return {
        prepare: (sample) => { ready = sample; },
        infer: (sample) => (ready === sample ? Outcome.ok : Outcome.rejected),
        check: (sample) => {
          if (sample === 2) throw new RequestFailure('wrong-output', 'off', 'by one');
          return sample === 1 ? Outcome.wrongOutput : sample === 3 ? undefined : Outcome.ok;
        },
      };
    };`);
  const target = customTarget(spec);
  await target.open(context);
  target.prepare?.(1);
  expect([target.infer(1), target.check?.(1), target.check?.(4)]).toEqual([
    Outcome.ok,
    Outcome.wrongOutput,
    Outcome.ok,
  ]);
  expect(() => target.check?.(2)).toThrow('by one');
  expect(() => target.check?.(3)).toThrow('check returned undefined');
});

test('code without steps beside its requests has none', async () => {
  const { target } = await opened('throws');
  expect([target.prepare, target.check]).toEqual([undefined, undefined]);
});

test('a module that has changed since the plan, or has gone, is not run', async () => {
  const spec = await module('export default () => ({ infer() { return 0; } });');
  expect(await sentence({ ...spec, module: { ...spec.module, sha256: 'ab'.repeat(32) } })).toMatch(
    /^custom target sut\.ts: its content has changed since the plan was made \(SHA-256 .*\); plan again$/,
  );
  expect(await sentence({ ...spec, module: { ...spec.module, path: '/not/there.mjs' } })).toMatch(
    /^custom target sut\.ts: cannot be read: Error: ENOENT/,
  );
});
