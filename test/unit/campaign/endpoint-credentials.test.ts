import { expect, test } from 'vitest';
import { mistakeLine, mistakeWithLine } from '../../../src/campaign/mistake.ts';
import { mistakesOf } from '../../support/campaigns.ts';

const campaign = (target: string): string => `name: c
targets: { api: ${target} }
scenarios: { load: { load: { rate: 120/s, for: 20s } } }
`;
const toldOf = (text: string, settings: readonly string[] = []): string =>
  mistakesOf(text, { settings })
    .flatMap((mistake) => [mistakeLine(mistake), mistakeWithLine(mistake, text)])
    .join('\n');

test.each([
  'http://user:s3cret@host',
  'https://s3cret@host:8000/v2',
  'http://user:s3cret@host:99999',
  'http://user:s3/cret@host',
  'HTTP://user:s3cret@host',
  'user:s3cret@host',
])('credentials in the address of an http target are refused and not repeated: %s', (url) => {
  const expected = 'expected it under headers, for example headers: { authorization: { secret: { env: API_TOKEN } } }';
  for (const told of [
    toldOf(campaign(`{ http: { url: "${url}" } }`)),
    toldOf(campaign('{ http: { url: "http://host" } }'), [`targets.api.http.url=${url}`]),
  ]) {
    expect(told).toContain(`targets.api.http.url: found a literal credential in an address, ${expected}`);
    expect(told).not.toMatch(/s3/);
  }
});

test('credentials in the address of a grpc target belong under metadata', () => {
  const told = toldOf(campaign('{ grpc: { address: "s3cret@host:8001", model: m } }'));
  expect(told).toContain('expected it under metadata, for example metadata: { authorization:');
  expect(told).not.toContain('s3cret');
});

test('the line of a literal header is not shown', () => {
  const told = toldOf(campaign('{ http: { url: "http://host", headers: { authorization: Bearer s3cret } } }'));
  expect(told).toContain('found a literal credential, expected a reference');
  expect(told).not.toContain('s3cret');
});

test('an @ in a path is no credential', () => {
  expect(() => toldOf(campaign('{ http: { url: "http://host/@me" } }'))).toThrow('the campaign was accepted');
});
