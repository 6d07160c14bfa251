import type * as z from 'zod';
import { group, list } from './group.ts';
import type { Instance } from './instance.ts';
import { gpuResourceSchema, nodeLabelsSchema } from './kubernetes-schema.ts';
import { leaf, parseText, quantity, text, wholeNumber, word } from './leaf.ts';
import { parseBytes, quoted, type Reading, read, refuse } from './quantity.ts';

const PRICE = /^(\d+(?:\.\d+)?)\/h$/u;

/** Of an hour, in whatever money the campaign counts: `3.06/h`. */
export function parsePrice(found: unknown): Reading<number> {
  const [, amount] = typeof found === 'string' ? (PRICE.exec(found.trim()) ?? []) : [];
  return amount === undefined
    ? refuse(`found ${quoted(found)}, expected a price of an hour, for example 3.06/h`)
    : read(Number(amount));
}

/** Above zero. */
function parseMemory(found: unknown): Reading<number> {
  const reading = parseBytes(found);
  return reading.ok && reading.value === 0
    ? refuse(`found ${quoted(found)}, expected memory above zero, for example 32GiB`)
    : reading;
}

function parseClock(found: unknown): Reading<number> {
  const [, megahertz] = typeof found === 'string' ? (/^(\d{1,5})MHz$/u.exec(found.trim()) ?? []) : [];
  return megahertz === undefined
    ? refuse(`found ${quoted(found)}, expected a clock, for example 1410MHz`)
    : read(Number(megahertz));
}

const MODEL = 'A100-SXM4-40GB';
/** A name of MIG instances that does not say which: no device has it. */
const ANY_SLICE = /(^|[\s_-])mig[\s_-]*$/iu;

function parseModel(found: unknown): Reading<string> {
  const reading = parseText(found, MODEL);
  return reading.ok && ANY_SLICE.test(reading.value)
    ? refuse(`found ${quoted(found)}, expected MIG with a profile, as nvidia-smi -L names it, for example MIG 3g.20gb`)
    : reading;
}

export const priceSchema: z.ZodType<number> = leaf({
  description: 'Of one such place for an hour, in whatever money the campaign counts.',
  examples: ['3.06/h'],
  json: { type: 'string', pattern: '^\\d+(\\.\\d+)?/h$' },
  read: parsePrice,
});

/** What an agent runs on. */
export const instanceSchema = group(
  'What each agent runs on; what is left out is left to the engine.',
  '{ gpu: A100-SXM4-40GB, cpus: 8, memory: 32GiB, partition: a100 }',
  {
    cpus: wholeNumber('Processors of each agent.', 8, 1, 4096).optional(),
    pin: word('cpus: each agent runs on processors of its own, of one NUMA node where one has as many; needs cpus.', [
      'cpus',
    ]).optional(),
    gpu: leaf({
      description: "Model of the GPU, as its vendor's tools say it.",
      examples: [MODEL],
      json: { type: 'string', minLength: 1 },
      read: parseModel,
    }).optional(),
    gpusPerAgent: wholeNumber(
      'GPUs of each agent; absent: 1 where anything is said of them, else none.',
      1,
      0,
      64,
    ).optional(),
    gpuMemory: quantity(
      'Memory that is free on each GPU when the agent arrives; else the place is given back.',
      '38GiB',
      '^\\d+(\\.\\d+)?(B|kB|KB|MB|GB|KiB|MiB|GiB)$',
      parseMemory,
    ).optional(),
    gpuClock: quantity(
      'Clock at which each GPU runs applications; else the place is given back.',
      '1410MHz',
      '^\\d+MHz$',
      parseClock,
    ).optional(),
    memory: quantity(
      'Memory of each agent.',
      '32GiB',
      '^\\d+(\\.\\d+)?(B|kB|KB|MB|GB|KiB|MiB|GiB)$',
      parseMemory,
    ).optional(),
    price: priceSchema.optional(),
    partition: text('Where a batch system looks for the place.', 'a100').optional(),
    account: text('Who pays.', 'vision').optional(),
    qos: text('Quality of service of a batch system.', 'normal').optional(),
    constraint: text("Features that the node must have, in the engine's own words.", 'sxm4-40gb').optional(),
    gres: text(
      "Generic resource of one node, in the engine's own words; absent: made of gpu and gpusPerAgent.",
      'gpu:a100:1',
    ).optional(),
    arguments: list(
      "Passed through to the engine's submit command as they are.",
      '["--reservation=bench"]',
      text('One argument.', '--reservation=bench'),
    ).optional(),
    nodeLabels: nodeLabelsSchema.optional(),
    gpuResource: gpuResourceSchema.optional(),
  },
);

const asksForGpu = ({ gpu, gpuMemory, gpuClock }: z.output<typeof instanceSchema>): boolean =>
  gpu !== undefined || gpuMemory !== undefined || gpuClock !== undefined;

const gpusOf = (found: z.output<typeof instanceSchema>) => ({
  gpu: found.gpu ?? null,
  gpusPerAgent: found.gpusPerAgent ?? (asksForGpu(found) ? 1 : 0),
  gpuFreeBytes: found.gpuMemory ?? null,
  gpuClockMHz: found.gpuClock ?? null,
});

/** The instance that a map comes to. */
export const instanceOf = (found: z.output<typeof instanceSchema>): Instance => ({
  ...gpusOf(found),
  cpus: found.cpus ?? null,
  pin: found.pin ?? null,
  memoryBytes: found.memory ?? null,
  pricePerHour: found.price ?? null,
  partition: found.partition ?? null,
  account: found.account ?? null,
  qos: found.qos ?? null,
  constraint: found.constraint ?? null,
  gres: found.gres ?? null,
  arguments: found.arguments ?? [],
  nodeLabels: found.nodeLabels ?? null,
  gpuResource: found.gpuResource ?? null,
});
