import * as z from 'zod';
import { SOURCE_NAMES } from '../gpu/source-names.ts';
import { milliseconds } from '../time/ns.ts';
import { group, list } from './group.ts';
import { leaf, quantity, text, wholeNumber, word } from './leaf.ts';
import { LITERAL_CREDENTIAL } from './mistake.ts';
import { parsePositiveDuration, quoted, type Reading, read, refuse } from './quantity.ts';
import { DURATION_PATTERN } from './quantity-schema.ts';
import { DEFAULT_TELEMETRY, type Telemetry } from './telemetry.ts';

/** The power register changes no faster, and activity may not be read at shorter distances. */
const LEAST = milliseconds(100);
const MOST_GPUS = 64;

const EXAMPLE_PAGE = 'http://node-1:9400/metrics';

const page = leaf<string>({
  description: 'URL of a page in Prometheus’ text format.',
  examples: [EXAMPLE_PAGE],
  json: { type: 'string', pattern: '^https?://' },
  read: readPage,
});

function readPage(found: unknown): Reading<string> {
  const url = typeof found === 'string' && URL.canParse(found) ? new URL(found) : null;
  // What holds an @ before its path may well have a password in it, also where it cannot be read as an address.
  if (
    typeof found === 'string' &&
    /^[^?#]*@/u.test(found) &&
    (url === null || url.username !== '' || url.password !== '')
  ) {
    return refuse(`${LITERAL_CREDENTIAL} in a URL, expected one without, for example ${EXAMPLE_PAGE}`);
  }
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return refuse(`found ${quoted(found)}, expected a URL, for example ${EXAMPLE_PAGE}`);
  }
  return read(url.href);
}

function readEvery(found: unknown): ReturnType<typeof parsePositiveDuration> {
  const every = parsePositiveDuration(found);
  if (!every.ok || every.value >= LEAST) return every;
  return refuse(
    `found ${quoted(found)}, expected at least 100ms: the power of a GPU changes no faster in what it tells`,
  );
}

const gpu = group('How GPUs are observed.', '{ every: 200ms }', {
  sources: list('What may read them, in order of preference.', '[nvml, dcgm]', word('A source.', [...SOURCE_NAMES]))
    .min(
      1,
      'found an empty list, expected at least one source, for example [nvml]; telemetry: { gpu: off } looks at none',
    )
    .optional(),
  every: quantity(
    'Distance of readings of power, clocks and what holds them down; all else is read more seldom.',
    '200ms',
    DURATION_PATTERN,
    readEvery,
  ).optional(),
  dcgm: list('Pages of dcgm-exporter, of nodes of the fleet or others.', `["${EXAMPLE_PAGE}"]`, page).optional(),
  processes: list(
    'Names of processes that may compute beside the run’s own: the server under test.',
    '[tritonserver]',
    text('Name of a process.', 'tritonserver'),
  ).optional(),
  count: wholeNumber(
    'GPUs that each node is to have; absent: as many as there are at first.',
    8,
    0,
    MOST_GPUS,
  ).optional(),
});

const off = word('off: GPUs are not looked at.', ['off']);

const scraped = group('A page of metrics of a server.', `{ url: "${EXAMPLE_PAGE}", metrics: [nv_inference_count] }`, {
  url: page,
  metrics: list(
    'Names that are kept; absent: all.',
    '[nv_inference_count]',
    text('Name of a metric.', 'nv_inference_count'),
  ).optional(),
});

/** `telemetry`. */
export const telemetrySchema = group('What is observed beside the load.', '{ gpu: { every: 200ms } }', {
  gpu: z.union([gpu, off]).optional(),
  scrape: list('Pages of metrics of servers, read every second.', `[{ url: "${EXAMPLE_PAGE}" }]`, scraped).optional(),
  onLoss: word('After a trial in which a GPU was lost: stop the run, or continue with the next trial.', [
    'stop',
    'continue',
  ]).optional(),
});

/** What is written, and the defaults for all else. */
export function telemetryOf(written: z.output<typeof telemetrySchema>): Telemetry {
  const { gpu: defaults } = DEFAULT_TELEMETRY;
  const { gpu, scrape = [], onLoss = DEFAULT_TELEMETRY.onLoss } = written;
  return {
    gpu:
      gpu === 'off' || defaults === null
        ? null
        : {
            sources: gpu?.sources ?? defaults.sources,
            everyNs: gpu?.every ?? defaults.everyNs,
            dcgm: gpu?.dcgm ?? [],
            processes: gpu?.processes ?? [],
            count: gpu?.count ?? null,
          },
    scrape: scrape.map(({ url, metrics = [] }) => ({ url, metrics })),
    onLoss,
  };
}
