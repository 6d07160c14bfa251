import { expect, test } from 'vitest';
import { DEFAULT_TELEMETRY } from '../../../src/campaign/telemetry.ts';
import { campaignOf, sentencesOf } from '../../support/campaigns.ts';

const withTelemetry = (telemetry: string): string => `
name: watched
targets: { nothing: { null: {} } }
scenarios: { load: { load: { rate: 10/s, for: 5s } } }
objectives: []
telemetry: ${telemetry}
`;

test('what is not written is the default', () => {
  expect(campaignOf(withTelemetry('{ gpu: { every: 500ms } }')).telemetry).toEqual({
    ...DEFAULT_TELEMETRY,
    gpu: { ...DEFAULT_TELEMETRY.gpu, everyNs: 500e6 },
  });
  expect(campaignOf(withTelemetry('{ gpu: off, onLoss: stop }')).telemetry).toEqual({
    gpu: null,
    scrape: [],
    onLoss: 'stop',
  });
});

test('everything may be written', () => {
  const { telemetry } = campaignOf(
    withTelemetry(`
  gpu: { sources: [dcgm], every: 200ms, dcgm: ["http://node-1:9400/metrics"], processes: [tritonserver], count: 8 }
  scrape: [{ url: "http://node-1:8002/metrics", metrics: [nv_inference_count] }]
  onLoss: stop`),
  );
  expect(telemetry).toEqual({
    gpu: {
      sources: ['dcgm'],
      everyNs: 200e6,
      dcgm: ['http://node-1:9400/metrics'],
      processes: ['tritonserver'],
      count: 8,
    },
    scrape: [{ url: 'http://node-1:8002/metrics', metrics: ['nv_inference_count'] }],
    onLoss: 'stop',
  });
});

test.each([
  ['{ gpu: { every: 50ms } }', /^telemetry\.gpu\.every: found 50ms, expected at least 100ms/],
  ['{ gpu: { dcgm: [node-1] } }', /^telemetry\.gpu\.dcgm\[0\]: found node-1, expected a URL/],
  [
    '{ gpu: { dcgm: ["http://me:secret@node-1/metrics"] } }',
    /^telemetry\.gpu\.dcgm\[0\]: found a literal credential in a URL, expected one without(?!.*secret)/,
  ],
  [
    '{ gpu: { dcgm: ["http://me:secret@node-1:99999"] } }',
    /^telemetry\.gpu\.dcgm\[0\]: found a literal credential(?!.*secret)/,
  ],
  ['{ gpu: { sources: [nvm] } }', /^telemetry\.gpu\.sources\[0\]: found nvm, .*nvml/],
  ['{ onLoss: halt }', /^telemetry\.onLoss: found halt, .*stop/],
])('%s is refused with what would be right', (telemetry, sentence) => {
  expect(sentencesOf(withTelemetry(telemetry)).join('\n')).toMatch(sentence);
});
