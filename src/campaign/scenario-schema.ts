import type * as z from 'zod';
import { WARMUP } from '../scenarios/scenario-spec.ts';
import { type Chosen, exactlyOne, group, isName, list } from './group.ts';
import { leaf, number, text, truth, wholeNumber, word } from './leaf.ts';
import { objectivesSchema } from './objective-schema.ts';
import { quoted, read, refuse } from './quantity.ts';
import { duration, durationOrNone, rate } from './quantity-schema.ts';
import { type OfferedRate, offeredRate, offeredRateOrNone } from './rate-of-peak.ts';

const MOST_IN_FLIGHT = 1_000_000;
const MOST_LEVELS = 1000;

const atLeast = wholeNumber(
  'Requests that it holds at least: it lasts longer than `for` where that is too short for them.',
  24_576,
  1,
  1_000_000_000,
).optional();

const steady = (description: string, example: string) =>
  group(description, example, {
    rate: offeredRate('Requests per second of the whole fleet.', '120/s'),
    for: duration('How long.', '20s'),
    atLeast,
  });

const ramp = {
  from: offeredRateOrNone('Rate at the start.', '10/s'),
  to: offeredRateOrNone('Rate at the end.', '300/s'),
};

const refuseEmptyRamp = (
  { from, to }: { readonly from: OfferedRate; readonly to: OfferedRate },
  context: z.core.$RefinementCtx,
): void => {
  if (from === 0 && to === 0)
    context.addIssue({
      code: 'custom',
      path: ['to'],
      message: 'found a ramp from 0/s to 0/s, expected a rate above zero on one side, for example 300/s',
    });
};

const stress = group(
  'Equal levels from one rate to another, one phase each, each judged.',
  '{ from: 100/s, to: 400/s, steps: 4, for: 40s }',
  {
    from: offeredRate('Rate of the first level.', '100/s'),
    to: offeredRate('Rate of the last level.', '400/s'),
    steps: wholeNumber('Levels.', 4, 2, MOST_LEVELS),
    for: duration('How long all levels take together.', '40s'),
  },
);

const spike = group(
  'A base rate with one peak in its middle.',
  '{ base: 50/s, peak: 400/s, rise: 1s, hold: 5s, fall: 1s, for: 20s }',
  {
    base: offeredRate('Rate before and after the peak.', '50/s'),
    peak: offeredRate('Rate at the peak.', '400/s'),
    rise: durationOrNone('From base to peak.', '1s'),
    hold: durationOrNone('At the peak.', '5s'),
    fall: durationOrNone('From peak to base.', '1s'),
    for: duration('How long in all.', '20s'),
  },
).superRefine(({ base, peak, rise, hold, fall, for: whole }, context) => {
  const refused = (key: string, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
  if (typeof base === 'number' && typeof peak === 'number' && peak <= base)
    refused(
      'peak',
      'found a peak that is not above the base, expected a higher rate, for example 400/s over a base of 50/s',
    );
  if (rise + hold + fall === 0)
    refused('hold', 'found a peak without length, expected rise, hold or fall above zero, for example hold: 5s');
  if (rise + hold + fall > whole - 2)
    refused(
      'for',
      'found a peak (rise, hold and fall) as long as the whole, expected time before and after it, for example { rise: 1s, hold: 5s, fall: 1s, for: 20s }',
    );
});

const breakpoint = group(
  'Rising levels until one breaks an objective.',
  '{ from: 50/s, by: 50/s, every: 10s, until: 2000/s }',
  {
    from: rate('Rate of the first level.', '50/s'),
    by: rate('Step from level to level.', '50/s'),
    every: duration('How long a level lasts.', '10s'),
    until: rate('Rate of the last level.', '2000/s'),
  },
).superRefine(({ from, by, until }, context) => {
  if (until < from)
    context.addIssue({
      code: 'custom',
      path: ['until'],
      message:
        'found a last level below the first, expected until at or above from, for example { from: 50/s, until: 2000/s }',
    });
  else if ((until - from) / by > MOST_LEVELS) {
    context.addIssue({
      code: 'custom',
      path: ['by'],
      message: `found more than ${MOST_LEVELS} levels, expected larger steps, for example { from: 50/s, by: 50/s, until: 2000/s }`,
    });
  }
});

const closed = group('So many requests in flight, whatever the rate.', '{ inFlight: 8, think: 10ms, for: 30s }', {
  inFlight: wholeNumber('Requests kept in flight over the whole fleet.', 8, 1, MOST_IN_FLIGHT),
  think: durationOrNone('Pause between a completion and the next request.', '10ms').prefault('0s'),
  for: duration('How long.', '30s'),
  atLeast,
});

const phaseName = leaf<string>({
  description: 'Its name.',
  examples: ['low'],
  json: { type: 'string', pattern: '^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$' },
  read: (found) => {
    if (typeof found === 'string' && isName(found) && found !== WARMUP) return read(found);
    return refuse(
      `found ${quoted(found)}, expected a name of letters, digits, dots, dashes and underscores other than ${WARMUP}, for example low`,
    );
  },
});

const freePhase = exactlyOne(
  { description: 'One stretch: a constant rate or a ramp.', noun: 'load', example: '{ rate: 50/s, for: 10s }' },
  {
    rate: offeredRate('Constant rate.', '50/s'),
    ramp: group('From one rate to another.', '{ from: 50/s, to: 200/s }', ramp).superRefine(refuseEmptyRamp),
  },
  { name: phaseName.optional(), for: duration('How long.', '10s'), atLeast },
).transform(({ chosen, name, for: durationNs, atLeast: least }) => ({
  name: name ?? null,
  ...(chosen.kind === 'rate' ? { from: chosen.options, to: chosen.options } : chosen.options),
  durationNs,
  atLeast: least ?? null,
}));

const phases = list('Phases one after the other.', '[{ name: low, rate: 50/s, for: 10s }]', freePhase)
  .min(1, 'found an empty list, expected at least one phase, for example [{ rate: 50/s, for: 10s }]')
  .max(MOST_LEVELS, `found more than ${MOST_LEVELS} phases, expected at most that many`)
  .superRefine((all, context) => {
    const names = all.map(({ name }, index) => name ?? `phase ${index + 1}`);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) < index)
        context.addIssue({
          code: 'custom',
          path: [index, 'name'],
          message: `found ${name} a second time, expected a name of its own`,
        });
    }
  });

const presets = {
  load: steady('A constant rate.', '{ rate: 120/s, for: 20s }'),
  stress,
  spike,
  soak: steady('A constant rate for long.', '{ rate: 100/s, for: 1h }'),
  ramp: group('From one rate to another.', '{ from: 10/s, to: 300/s, for: 60s }', {
    ...ramp,
    for: duration('How long.', '60s'),
    atLeast,
  }).superRefine(refuseEmptyRamp),
  breakpoint,
  singleStream: group('One request at a time.', '{ for: 30s }', { for: duration('How long.', '30s'), atLeast }),
  multiStream: group('A bundle of samples at a time.', '{ samples: 8, for: 30s }', {
    samples: wholeNumber(
      'Samples of a bundle, which is one request: samples / batch inferences, one after the other.',
      8,
      1,
      1_000_000,
    ),
    for: duration('How long.', '30s'),
    atLeast,
  }),
  offline: group('Everything at once.', '{ samples: 10000 }', {
    samples: wholeNumber('Samples in all; requests are samples / batch, rounded up.', 10_000, 1, 1_000_000_000),
  }),
  closed,
  trace: group('Instants from a file.', '{ file: arrivals.csv }', {
    file: text("A path inside the campaign's folder.", 'arrivals.csv'),
    scale: number('Factor on the rate: 2 is twice as fast.', 1, 0, 1e6).prefault(1),
  }),
  peak: group('Searches the maximum rate under the objectives.', '{ from: 10/s, until: 2000/s, every: 30s }', {
    from: rate('Lowest rate tried.', '10/s'),
    until: rate('Highest rate tried.', '2000/s'),
    every: duration('How long a level lasts.', '30s'),
  }).superRefine(({ from, until }, context) => {
    if (until <= from)
      context.addIssue({
        code: 'custom',
        path: ['until'],
        message:
          'found an upper rate that is not above the lower one, expected until above from, for example { from: 10/s, until: 2000/s }',
      });
  }),
  phases,
};

export type Preset = Chosen<typeof presets>;

/** One scenario: exactly one preset or `phases`, and what it says of arrivals, warm-up and judging. */
export const scenarioSchema = exactlyOne(
  { description: 'How load arrives.', noun: 'preset', example: '{ load: { rate: 120/s, for: 20s } }' },
  presets,
  {
    arrivals: word('Law of the intended starts.', ['poisson', 'uniform']).prefault('poisson'),
    warmup: durationOrNone("Warm-up of this scenario instead of the campaign's.", '5s').optional(),
    objectives: objectivesSchema.optional(),
    slaTargets: objectivesSchema.optional(),
    stop: word('Of its trials, instead of what the campaign says.', ['end', 'early']).optional(),
    judge: truth("false: measured and reported, outside the run's verdict.", false).prefault(true),
  },
);
