import type * as z from 'zod';
import { type Chosen, exactlyOne, group } from './group.ts';
import { duration, durationOrNone } from './quantity-schema.ts';
import type { SleepLaw } from './target-spec.ts';

const laws = {
  constant: durationOrNone('Every request takes this long.', '5ms'),
  exponential: duration('Exponential with this mean.', '5ms'),
  lognormal: group('Log-normal, given by its median and its P99.', '{ median: 5ms, p99: 40ms }', {
    median: duration('Half of the requests take longer.', '5ms'),
    p99: duration('One in a hundred requests takes longer.', '40ms'),
  }).superRefine(({ median, p99 }, context) => {
    if (p99 <= median) {
      context.addIssue({
        code: 'custom',
        path: ['p99'],
        message:
          'found a P99 that is not above the median, expected a longer one, for example { median: 5ms, p99: 40ms }',
      });
    }
  }),
  stall: group('Stops once: what meets the stall ends when it does.', '{ at: 10s, for: 3s, otherwise: 1ms }', {
    at: durationOrNone('Start of the stall, from the start of the first measure phase.', '10s'),
    for: duration('Length of the stall.', '3s'),
    otherwise: durationOrNone('How long a request takes outside the stall.', '1ms').prefault('0ms'),
  }),
};

export const sleepSchema = exactlyOne(
  { description: 'A synthetic target that takes a known time.', noun: 'law', example: '{ constant: 5ms }' },
  laws,
  {},
).transform(({ chosen }): SleepLaw => sleepLaw(chosen));

export type SleepOptions = z.output<typeof sleepSchema>;

function sleepLaw(chosen: Chosen<typeof laws>): SleepLaw {
  switch (chosen.kind) {
    case 'constant':
      return { kind: 'constant', ns: chosen.options };
    case 'exponential':
      return { kind: 'exponential', meanNs: chosen.options };
    case 'lognormal':
      return { kind: 'lognormal', medianNs: chosen.options.median, p99Ns: chosen.options.p99 };
    case 'stall':
      return {
        kind: 'stall',
        atNs: chosen.options.at,
        forNs: chosen.options.for,
        otherwiseNs: chosen.options.otherwise,
      };
  }
}
