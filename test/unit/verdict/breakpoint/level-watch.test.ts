import { expect, test } from 'vitest';
import { seconds } from '../../../../src/time/ns.ts';
import { LevelWatch } from '../../../../src/verdict/breakpoint/level-watch.ts';
import type { SealedSecond } from '../../../../src/verdict/window/sealed-second.ts';
import { cellOf, errorsBelow, latencyBelow, openPhase } from '../../../support/cells.ts';
import { sealed, sealedSeconds } from '../../../support/sealed.ts';

// Two levels of 500 and 1,000 requests in 5 s each; 25 and 50 of them may be over.
const phases = [openPhase('level 1 (100/s)', 100, 5), openPhase('level 2 (200/s)', 200, 5, 5)];
const cell = cellOf(phases, [latencyBelow(0.95, 100)], {
  judgedBy: 'breakpoint',
  timeoutNs: seconds(3),
});

function watch(all: readonly SealedSecond[]) {
  const levels = new LevelWatch(cell);
  for (const second of all) {
    const broken = levels.add(second);
    if (broken !== null) return { ...broken, atS: second.endNs / 1e9 };
  }
  return null;
}

const held = sealedSeconds(0, 5, { quick: 99, slow: 1 });
const second = (atS: number, made: Parameters<typeof sealed>[1]) => sealed(atS, { phase: 1, ...made });

test('levels that hold break nothing', () => {
  expect(watch([...held, ...[5, 6, 7, 8, 9].map((at) => second(at, { quick: 190, slow: 10 }))])).toBeNull();
});

test('a level is broken as soon as its share can no longer be mended', () => {
  const broken = watch([...held, second(5, { quick: 150, slow: 50 }), second(6, { quick: 199, slow: 1 })]);
  expect(broken).toMatchObject({ atS: 7, name: 'level 2 (200/s)', why: expect.stringContaining('5.1 % over') });
});

test('what failed is late for all that the level plans', () => {
  expect(watch([sealed(0, { quick: 95, failed: 5 })])).toBeNull();
  expect(watch([sealed(0, { quick: 94, failed: 6 })])).toMatchObject({
    atS: 1,
    why: expect.stringContaining('98.8 %'),
  });
});

test('the error rate of an objective is of all that the level plans', () => {
  const strict = cellOf(phases, [errorsBelow(0.004)], { judgedBy: 'breakpoint' });
  expect(new LevelWatch(strict).add(sealed(0, { quick: 98, failed: 2 }))).toBeNull();
  expect(new LevelWatch(strict).add(sealed(0, { quick: 97, failed: 3 }))?.why).toBe('errors < 0.4%: 0.6 % failed');
});

test('once its grace is over, what is not answered is late', () => {
  // 494 of 500 are there; the grace of 100 ms is over with the second that ends at 6.
  const all = [...sealedSeconds(0, 4, { quick: 100 }), sealed(4, { quick: 94 }), sealed(5, {})];
  expect(watch(all)).toMatchObject({ atS: 6, name: 'level 1 (100/s)', why: expect.stringContaining('98.8 %') });
});

test('a level is looked at once everything before it is settled, or has failed by its age', () => {
  const open = [...sealedSeconds(0, 4, { quick: 100 }), sealed(4, { quick: 99 })];
  const bad = (at: number) => second(at, { quick: 100, slow: 60 });
  expect(watch([...open, bad(5), bad(6)])).toBeNull();
  expect(watch([...open, bad(5), bad(6), bad(7)])).toMatchObject({ atS: 8, name: 'level 2 (200/s)' });
  const closed = sealed(5, { quick: 1 });
  const late = { ...closed, phases: [...closed.phases, ...bad(5).phases] };
  expect(watch([...open, late])).toMatchObject({ atS: 6, name: 'level 2 (200/s)' });
});
