import { expect, test } from 'vitest';
import { Outcome } from '../../../src/stats/outcome.ts';
import { bundleOf } from '../../../src/targets/bundle.ts';
import { RequestFailure, type Target } from '../../../src/targets/target.ts';

type Parts = Partial<Pick<Target, 'prepare' | 'check'>> & Pick<Target, 'infer'>;

const target = (parts: Parts): Target => ({
  name: 'made',
  open: async () => ({ start: { sessionMs: 1, firstInferenceMs: 2 } }),
  close: async () => {},
  ...parts,
});

/** Every step of a bundle on sample 5, in order, with the target answering at once or by a promise. */
async function stepsOf(infers: number, stride: number, answer: (sample: number) => Outcome | Promise<Outcome>) {
  const steps: string[] = [];
  const bundle = bundleOf(
    target({
      prepare: (sample) => void steps.push(`prepare ${sample}`),
      infer: (sample) => {
        steps.push(`infer ${sample}`);
        return answer(sample);
      },
      check: (sample) => {
        steps.push(`check ${sample}`);
        return Outcome.ok;
      },
    }),
    infers,
    stride,
  );
  bundle.prepare?.(5);
  steps.push('started');
  const outcome = await bundle.infer(5);
  steps.push('completed');
  if (outcome === Outcome.ok) bundle.check?.(5);
  return { steps, outcome };
}

const WHOLE = [
  'prepare 5',
  'started',
  ...['infer 5', 'check 5', 'prepare 7', 'infer 7', 'check 7', 'prepare 9', 'infer 9'],
  'completed',
  'check 9',
];

test('a bundle is its inferences one after the other, on consecutive samples', async () => {
  expect(await stepsOf(3, 2, () => Outcome.ok)).toEqual({ steps: WHOLE, outcome: Outcome.ok });
});

test('of a target that answers later the next inference begins when the one before is over', async () => {
  const later = (sample: number) => (sample === 5 ? Outcome.ok : new Promise<Outcome>((done) => setImmediate(done, 0)));
  expect(await stepsOf(3, 2, later)).toEqual({ steps: WHOLE, outcome: Outcome.ok });
});

test.each([
  ['at once', (sample: number) => (sample === 6 ? Outcome.rejected : Outcome.ok)],
  ['later', async (sample: number) => (sample === 6 ? Outcome.rejected : Outcome.ok)],
])('the first inference that is not ok, told %s, ends the bundle and is its outcome', async (_, answer) => {
  const { steps, outcome } = await stepsOf(3, 1, answer);
  expect(outcome).toBe(Outcome.rejected);
  expect(steps.filter((step) => step.startsWith('infer'))).toEqual(['infer 5', 'infer 6']);
});

test("a failure that is thrown, or a wrong answer within the bundle, is the whole bundle's", async () => {
  const refuse = (): Outcome => {
    throw new RequestFailure('wrong-output', 'values', 'not equal');
  };
  const thrown = bundleOf(target({ infer: refuse }), 4, 1);
  expect(() => thrown.infer(0)).toThrow('not equal');
  const wrong = bundleOf(target({ infer: async () => Outcome.ok, check: refuse }), 2, 1);
  await expect(wrong.infer(0)).rejects.toThrow('not equal');
});

test('a bundle of one is the target itself; without prepare and check it has none', async () => {
  const plain = target({ infer: () => Outcome.ok });
  expect(bundleOf(plain, 1, 8)).toBe(plain);
  const bundle = bundleOf(plain, 2, 8);
  expect(['prepare' in bundle, 'check' in bundle, bundle.name]).toEqual([false, false, 'made']);
  expect(await bundle.open({ now: () => 0 as never, random: () => 0 })).toEqual({
    start: { sessionMs: 1, firstInferenceMs: 2 },
  });
});
