import * as z from 'zod';
import { group, list } from './group.ts';
import { leaf, text, wholeNumber } from './leaf.ts';
import { quoted, read, refuse } from './quantity.ts';

const status = wholeNumber('Status code.', 200, 100, 599);

/** What one answer must be. */
export const checkSchema = group('What makes a response right.', '{ status: 200 }', {
  status: z
    .union([status, list('Status codes.', '[200, 201]', status).min(1)])
    .transform((found) => (Array.isArray(found) ? found : [found]))
    .optional(),
  contains: text('A text that the body holds.', 'label').optional(),
  json: group('A value that the body holds as JSON.', '{ path: "outputs[0].name", equals: y }', {
    path: text('Where it stands.', 'outputs[0].name'),
    equals: leaf<string | number | boolean | null>({
      description: 'The value.',
      examples: ['y'],
      json: { type: ['string', 'number', 'boolean', 'null'] },
      read: (found) =>
        found === null || ['string', 'number', 'boolean'].includes(typeof found)
          ? read(found as string | number | boolean | null)
          : refuse(`found ${quoted(found)}, expected a text, a number, true, false or null`),
    }),
  }).optional(),
});

/** What a stream of events must be. */
export const eventsSchema = group('What makes a stream of events right.', '{ done: "[DONE]", atLeast: 2 }', {
  done: text('The data of the event that ends the stream; it is no event of its own.', '[DONE]').optional(),
  type: text('Only events of this type (their event: field) count.', 'content_block_delta').optional(),
  holding: text(
    'Only events whose data as JSON hold something other than null and an empty text at this path count.',
    'choices[0].delta.content',
  ).optional(),
  atLeast: wholeNumber('Fewest events that count.', 1, 1, 1_000_000).optional(),
});
