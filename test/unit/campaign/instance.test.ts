import { expect, test } from 'vitest';
import { byInstance } from '../../../src/campaign/fleet-plan.ts';
import { ANY_INSTANCE } from '../../../src/campaign/instance.ts';
import { buildPlan } from '../../../src/campaign/plan-build.ts';
import { seconds } from '../../../src/time/ns.ts';
import { campaignOf, mistakesOf, planContext, sentencesOf } from '../../support/campaigns.ts';
import { smallCell } from '../../support/small-plan.ts';

const text = (more: string): string =>
  `name: n\ntargets: { t: { null: {} } }\nscenarios: { s: { load: { rate: 200/s, for: 9s } } }\n${more}`;

function planned(more: string) {
  const campaign = campaignOf(text(more));
  const built = buildPlan(campaign, planContext(campaign));
  if (!built.ok) throw new Error(built.mistakes.map(({ message }) => message).join('; '));
  return built.plan;
}

const INSTANCES =
  'instances: { small: { cpus: 2, price: 0.5/h }, big: { gpu: A100-SXM4-40GB, memory: 32GiB, partition: a100, arguments: ["--reservation=bench"] } }';

test('a plan holds what its cells run on, and what the engine is asked for', () => {
  const { fleet, cells } = planned(
    `${INSTANCES}\nfleet: { engine: slurm, instance: big, queue: 2m, walltime: 1h, slurm: { shared: /scratch/me } }`,
  );
  expect(fleet).toEqual({
    engine: 'slurm',
    queueNs: seconds(120),
    stayNs: seconds(3600),
    slurm: { shared: '/scratch/me', agent: null },
    instances: {
      big: {
        ...ANY_INSTANCE,
        gpu: 'A100-SXM4-40GB',
        gpusPerAgent: 1,
        memoryBytes: 32 * 2 ** 30,
        partition: 'a100',
        arguments: ['--reservation=bench'],
      },
    },
  });
  expect(cells).toMatchObject([{ id: 't/s', engine: 'slurm', instance: 'big', values: { batch: 1, workers: 1 } }]);
});

test('instances are a dimension: a cell each, with the name among its values', () => {
  const { cells, fleet } = planned(`${INSTANCES}\nvary: { instance: [small, big] }`);
  expect(cells.map(({ id, instance, values }) => [id, instance, values.instance])).toEqual([
    ['t/s[instance=small]', 'small', 'small'],
    ['t/s[instance=big]', 'big', 'big'],
  ]);
  expect(Object.keys(fleet?.instances ?? {})).toEqual(['small', 'big']);
});

test('an instance that is written in the fleet needs no name', () => {
  const { cells, fleet } = planned('fleet: { instance: { cpus: 4, gpusPerAgent: 2 } }');
  expect(cells[0]?.instance).toBe('fleet');
  expect(fleet?.instances).toMatchObject({ fleet: { cpus: 4, gpusPerAgent: 2, gpu: null } });
});

test('a plan that asks nothing of the local engine says nothing of it', () => {
  expect(planned('').fleet).toBeUndefined();
});

test('trials of one instance type run together, types in the order of their first trials', () => {
  const cells = ['big', 'small', 'big'].map((instance) => smallCell({ instance }));
  const order = [0, 1, 2, 0, 1, 2].map((cell, at) => ({ cell, trial: at < 3 ? 1 : 2 }));
  expect(byInstance(cells, order).map(({ cell, trial }) => `${cell}.${trial}`)).toEqual([
    '0.1',
    '2.1',
    '0.2',
    '2.2',
    '1.1',
    '1.2',
  ]);
});

test.each([
  ['fleet: { instance: huge }', 'fleet.instance', 'found huge, but the campaign has no instances'],
  [`${INSTANCES}\nfleet: { instance: bigg }`, 'fleet.instance', 'did you mean big?'],
  [`${INSTANCES}\nvary: { instance: [small, bigg] }`, 'vary.instance[1]', 'did you mean big?'],
  ['instances: { a: { price: 3 } }', 'instances.a.price', 'found 3, expected a price of an hour, for example 3.06/h'],
  ['instances: { a: { memory: 0GiB } }', 'instances.a.memory', 'expected memory above zero'],
  ['instances: { a: { cpu: 4 } }', 'instances.a.cpu', 'did you mean cpus?'],
  ['fleet: { instance: { gpus: 1 } }', 'fleet.instance.gpus', 'did you mean gpu?'],
  ['fleet: { slurm: { shared: scratch } }', 'fleet.slurm.shared', 'found scratch, expected an absolute path'],
  ['fleet: { queue: 10 }', 'fleet.queue', 'for example 10s'],
])('%s is a mistake at %s: %s', (more, path, message) => {
  expect(mistakesOf(text(more))).toMatchObject([{ path, message: expect.stringContaining(message) }]);
});

test('what is asked of GPUs and processors is read with its units, and a pin without processors is refused', () => {
  const { fleet } = planned('fleet: { instance: { gpuMemory: 38GiB, gpuClock: 1410MHz, cpus: 2, pin: cpus } }');
  expect(fleet?.instances.fleet).toMatchObject({
    gpu: null,
    gpusPerAgent: 1,
    gpuFreeBytes: 38 * 2 ** 30,
    gpuClockMHz: 1410,
    pin: 'cpus',
  });
  expect(sentencesOf(text('fleet: { instance: { pin: cpus } }'))).toEqual([
    'fleet.instance.pin: found no cpus beside it, expected how many each agent is pinned to',
  ]);
  expect(sentencesOf(text('instances: { a: { gpuClock: 1.4GHz } }'))).toEqual([
    'instances.a.gpuClock: found 1.4GHz, expected a clock, for example 1410MHz',
  ]);
});

test.each(['MIG', 'A100-SXM4-40GB MIG', 'mig '])('a GPU that is called %j would be any slice, and none is', (gpu) => {
  expect(sentencesOf(text(`fleet: { instance: { gpu: "${gpu}" } }`))).toEqual([
    `fleet.instance.gpu: found ${gpu}, expected MIG with a profile, as nvidia-smi -L names it, for example MIG 3g.20gb`,
  ]);
  const slice = `${gpu.trim()} 3g.20gb`;
  expect(campaignOf(text(`fleet: { instance: { gpu: "${slice}" } }`)).fleet.instance).toMatchObject({
    instance: { gpu: slice },
  });
});
