import { expect, test } from 'vitest';
import { dialled, doorOf } from '../../../src/cli/door.ts';
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
  ['{ place: inside }', /^fleet\.coordinator\.place: found inside, which loadcell cannot do yet; expected here, /],
  ['{ place: there }', /^fleet\.coordinator\.place: found there, expected here$/],
  ['{ listen: 7070 }', /^fleet\.coordinator\.listen: found 7070, expected host:port/],
  ['{ listen: "host:70000" }', /^fleet\.coordinator\.listen: found host:70000, expected host:port/],
  ['{ advertise: "a b" }', /^fleet\.coordinator\.advertise: found a b, expected /],
  ['{ port: 1 }', /^fleet\.coordinator/],
])('%s is refused with a sentence', (coordinator, sentence) => {
  expect(sentencesOf(text(coordinator))).toEqual([expect.stringMatching(sentence)]);
});
