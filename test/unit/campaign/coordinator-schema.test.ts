import { expect, test } from 'vitest';
import { ANY_INSTANCE } from '../../../src/campaign/instance.ts';
import { dialled, doorOf } from '../../../src/cli/door.ts';
import { seconds } from '../../../src/time/ns.ts';
import { planOf, sentencesOf } from '../../support/campaigns.ts';

const text = (coordinator: string): string => `name: n
targets: { t: { null: {} } }
scenarios: { s: { load: { rate: 200/s, for: 9s } } }
fleet: { coordinator: ${coordinator} }
`;
const site = text('{ place: here, listen: "0.0.0.0:7070", advertise: head-node.example }');

test('a campaign says where its coordinator listens and by which address agents find it', () => {
  const { fleet } = planOf(site);
  expect(fleet).toMatchObject({
    engine: 'local',
    coordinator: { listen: { host: '0.0.0.0', port: 7070 }, advertise: { host: 'head-node.example', port: null } },
  });
  expect(planOf(text('{ listen: "[::1]:0", advertise: "tunnel.example:443" }')).fleet?.coordinator).toEqual({
    listen: { host: '::1', port: 0 },
    advertise: { host: 'tunnel.example', port: 443 },
  });
  expect(planOf(text('{ place: here }')).fleet, 'here is where it always is').toBeUndefined();
});

test.each([
  [{}, '0.0.0.0:7070', 'head-node.example:7070'],
  [{ listen: '127.0.0.1:0' }, '127.0.0.1:0', 'head-node.example:0'],
  [{ advertise: '[::1]:443' }, '0.0.0.0:7070', '[::1]:443'],
])('what the command line says wins: %o', (options, listens, found) => {
  const door = doorOf(options)(planOf(site));
  expect(`${door.listen.host}:${door.listen.port}`).toBe(listens);
  expect(dialled(door)).toBe(found);
});

test('where neither says anything it is the usual loopback address, of which agents are told', () => {
  const plan = planOf(text('{}'));
  expect(dialled(doorOf({})(plan))).toBe('127.0.0.1:0');
  expect(dialled(doorOf({ usualListen: '127.0.0.1:7070' })(plan))).toBe('127.0.0.1:7070');
  expect(() => doorOf({ listen: '7070' })).toThrow('--listen: found 7070, expected host:port');
});

test.each([
  [
    '{ place: inside }',
    /^fleet\.coordinator\.place: found inside beside the engine local, expected here, or engine: slurm.*kubernetes$/,
  ],
  ['{ place: there }', /^fleet\.coordinator\.place: found there, expected here or inside/],
  ['{ listen: 7070 }', /^fleet\.coordinator\.listen: found 7070, expected host:port/],
  ['{ listen: "host:70000" }', /^fleet\.coordinator\.listen: found host:70000, expected host:port/],
  ['{ advertise: "a b" }', /^fleet\.coordinator\.advertise: found a b, expected /],
  ['{ port: 1 }', /^fleet\.coordinator/],
])('%s is refused with a sentence', (coordinator, sentence) => {
  expect(sentencesOf(text(coordinator))).toEqual([expect.stringMatching(sentence)]);
});

const onSlurm = (coordinator: string, fleet = ''): string => `name: n
targets: { t: { null: {} } }
scenarios: { s: { load: { rate: 200/s, for: 9s } } }
warmup: 1s
drain: 5s
instances: { a100: { gpu: A100-SXM4-40GB, partition: a100, account: vision }, small: { cpus: 2 } }
fleet: { engine: slurm, instance: a100, queue: 10m${fleet}, coordinator: ${coordinator} }
`;

test('a coordinator inside is looked for where its agents are, without their GPUs, or where the campaign says', () => {
  const at = (coordinator: string) => planOf(onSlurm(coordinator)).fleet?.coordinator?.inside;
  expect(at('{ place: inside }')?.instance).toEqual({ ...ANY_INSTANCE, partition: 'a100', account: 'vision' });
  expect(at('{ place: inside, instance: small }')?.instance).toEqual({ ...ANY_INSTANCE, cpus: 2 });
  expect(at('{ place: inside, instance: { partition: login } }')?.instance).toMatchObject({ partition: 'login' });
  expect(at('{ place: inside, walltime: 3h }')?.stayNs).toBe(seconds(10_800));
  expect(at('{ place: here, listen: "0.0.0.0:7070" }')).toBeUndefined();
});

test('its stay is bounded by the walltime of its agents, or else by the length of the plan', () => {
  const stay = (fleet: string, more = '') =>
    planOf(onSlurm('{ place: inside }', fleet) + more).fleet?.coordinator?.inside;
  expect(stay(', walltime: 2h')?.stayNs, 'queue 10 min, 2 h, half an hour').toBe(seconds(160 * 60));
  expect(stay('', 'retryInvalid: 0')?.stayNs, '10 min, a trial of 10 + 5 + 60 s, half an hour').toBe(seconds(42 * 60));
  expect(stay('', 'trials: 4\nretryInvalid: 1')?.stayNs, 'eight attempts').toBe(seconds(50 * 60));
});

test.each([
  ['{ place: inside, walltime: 5m }', /^fleet\.coordinator\.walltime: found 5m, expected 10m or more$/],
  ['{ place: inside, instance: smal }', /^fleet\.coordinator\.instance: found smal, .*did you mean small\?$/],
])('%s is refused on a cluster', (coordinator, sentence) => {
  expect(sentencesOf(onSlurm(coordinator))).toEqual([expect.stringMatching(sentence)]);
});
