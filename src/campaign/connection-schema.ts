import * as z from 'zod';
import { exactlyOne, group, named } from './group.ts';
import { priceSchema } from './instance-schema.ts';
import { freeText, text, wholeNumber } from './leaf.ts';
import { LITERAL_CREDENTIAL } from './mistake.ts';
import { duration } from './quantity-schema.ts';
import { viaSchema } from './via-schema.ts';

const PATH = "A path inside the campaign's folder.";
/** Connections of each agent where nothing is said. */
export const USUAL_CONNECTIONS = 16;
/** Requests in flight on one connection of HTTP/2 where nothing is said: what most servers allow. */
export const USUAL_STREAMS = 100;

export const connections = wholeNumber('Connections of each agent.', 16, 1, 65_535).optional();
const streams = wholeNumber('Requests that one connection of HTTP/2 may have in flight.', 100, 1, 1000).optional();

export const secretSchema = group('A value that only the agent resolves.', '{ secret: { env: API_TOKEN } }', {
  secret: exactlyOne(
    { description: 'Where the value is.', noun: 'place', example: '{ env: API_TOKEN }' },
    {
      env: text('An environment variable of the agent.', 'API_TOKEN'),
      file: text('A file on the agent.', '/run/secrets/token'),
    },
    {},
  ).transform(({ chosen }) => chosen),
});

const CREDENTIAL = /^(proxy-)?authorization$|^x-api-key$|^cookie$/iu;

/** What a connection says for itself: where a request ends, and what becomes of the connection after it. */
const OF_CONNECTION = /^(?:content-length|transfer-encoding|connection|keep-alive|upgrade|te|expect|grpc-encoding)$/iu;

/** Null: a campaign may say this header. */
function oddHeader(name: string, value: unknown): string | null {
  if (/^grpc-timeout$/iu.test(name)) return 'found a deadline, expected it beside them, for example deadline: 200ms';
  if (OF_CONNECTION.test(name)) return 'found a header that loadcell writes itself, expected none';
  if (typeof value !== 'string') return null;
  if (CREDENTIAL.test(name))
    return `${LITERAL_CREDENTIAL}, expected a reference, for example { secret: { env: API_TOKEN } }`;
  return /^[\t\x20-\x7e\x80-\xff]*$/u.test(value)
    ? null
    : 'found characters that no header can carry, expected one line of text';
}

export const headersSchema = (description: string) =>
  named(
    description,
    '{ authorization: { secret: { env: API_TOKEN } } }',
    z.union([freeText('The value.', 'application/json'), secretSchema]),
  ).superRefine((headers, context) => {
    for (const [name, value] of Object.entries(headers)) {
      const message = oddHeader(name, value);
      if (message !== null) context.addIssue({ code: 'custom', path: [name], message });
    }
  });

const tlsSchema = group('How the connection is secured.', '{ ca: certificates/ca.pem }', {
  ca: text(`Issuers that are trusted in place of the system's, PEM. ${PATH}`, 'certificates/ca.pem').optional(),
  certificate: text(`The client's certificate, PEM. ${PATH}`, 'certificates/client.pem').optional(),
  key: secretSchema.optional(),
  serverName: text("The name that the server's certificate must be for.", 'model.example').optional(),
}).superRefine(({ certificate, key }, context) => {
  if ((certificate === undefined) === (key === undefined)) return;
  const [path, message] =
    key === undefined
      ? ['certificate', 'found a certificate without its key, expected key: { secret: { file: … } } beside it']
      : ['key', 'found a key without its certificate, expected certificate beside it'];
  context.addIssue({ code: 'custom', path: [path], message });
});

const readySchema = group('Waits for the endpoint before the load.', '{ within: 2m }', {
  within: duration('Longest wait.', '2m'),
});

const auditSchema = group('Looks at the endpoint before the load.', '{ sameSample: {} }', {
  sameSample: group(
    'Asks for samples twice: an endpoint that answers faster the second time seems to answer from a cache. Before the first trial of each cell, one request at a time.',
    '{ pairs: 32 }',
    {
      pairs: wholeNumber('Samples, two requests each.', 32, 10, 200).prefault(32),
      within: duration('Longest time that it takes.', '20s').prefault('20s'),
    },
  ),
});

const serverInstance = group(
  "What somebody else's endpoint runs on: it labels the results and changes nothing.",
  '{ name: g5.xlarge, price: 1.01/h }',
  {
    name: text('Of the type of machine, as its operator calls it.', 'g5.xlarge'),
    price: priceSchema.optional(),
  },
);

/** What every endpoint may say of its connections, and of what is behind them. */
export const connectionFields = {
  connections,
  streams,
  tls: tlsSchema.optional(),
  ready: readySchema.optional(),
  audit: auditSchema.optional(),
  via: viaSchema.optional(),
  instance: serverInstance.optional(),
};
