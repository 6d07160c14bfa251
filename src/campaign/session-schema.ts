import * as z from 'zod';
import { known, named } from './group.ts';
import { leaf, truth, wholeNumber, word } from './leaf.ts';
import { PROVIDERS, type ProviderName, type ProviderWish, providersSchema } from './provider-schema.ts';
import { quoted, read, refuse } from './quantity.ts';
import { configKeyProblem } from './session-config-keys.ts';
import type { SessionSpec } from './target-spec.ts';

const MOST_BATCH = 1_000_000;
const MOST_THREADS = 1024;
/** onnxruntime's own limit on a configuration entry. */
const LONGEST_ENTRY = 1024;

const entry = leaf<string>({
  description: 'Value of a session configuration entry of onnxruntime; switches are "1" and "0".',
  examples: ['1'],
  json: { type: ['string', 'number'], maxLength: LONGEST_ENTRY },
  read: (found) => {
    const written = typeof found === 'number' && Number.isFinite(found) ? String(found) : found;
    return typeof written === 'string' && written.length <= LONGEST_ENTRY
      ? read(written)
      : refuse(`found ${quoted(found)}, expected text or a number as onnxruntime reads it, for example "1"`);
  },
});

const sessionConfig = known(
  z
    .record(z.string(), entry)
    .superRefine((entries, context) => {
      for (const key of Object.keys(entries)) {
        const message = configKeyProblem(key);
        if (message !== null) context.addIssue({ code: 'custom', path: [key], message });
      }
    })
    .meta({ description: 'Session configuration entries of onnxruntime, passed on as they are.' }),
  { noun: 'a map', example: '{ session.intra_op.allow_spinning: "1" }' },
);

/** What may be said of the session of a model that onnxruntime runs. */
export const sessionFields = {
  providers: providersSchema.optional(),
  require: word(
    'A provider that must be the one in use, for every operator; without it falling back is allowed and reported.',
    PROVIDERS,
  ).optional(),
  threads: wholeNumber("Intra-op threads of each worker's session.", 1, 1, MOST_THREADS).prefault(1),
  interOpThreads: wholeNumber(
    'Threads that run branches of the graph side by side; needs `execution: parallel`.',
    2,
    1,
    MOST_THREADS,
  ).optional(),
  graph: word('How far onnxruntime optimises the graph.', ['disabled', 'basic', 'extended', 'layout', 'all']).prefault(
    'all',
  ),
  execution: word('Whether branches of the graph run one after the other or side by side.', [
    'sequential',
    'parallel',
  ]).prefault('sequential'),
  sessionConfig: sessionConfig.prefault({}),
  profile: truth(
    'Whether a short profiled session tells, before the trial, which provider runs how many operators.',
    true,
  ).prefault(true),
  batch: wholeNumber('Samples per request.', 1, 1, MOST_BATCH).prefault(1),
  bind: named(
    'Sizes of symbolic dimensions.',
    '{ N: 1 }',
    wholeNumber('Size of a symbolic dimension.', 1, 1, 2 ** 31 - 1),
  ).prefault({}),
};

interface Written {
  readonly providers?: readonly ProviderWish[] | undefined;
  readonly require?: ProviderName | undefined;
  readonly graph: SessionSpec['graph'];
  readonly execution: SessionSpec['execution'];
  readonly interOpThreads?: number | undefined;
  readonly sessionConfig: SessionSpec['config'];
  readonly profile: boolean;
}

/** What several keys of a session say against each other. */
export function checkSession(
  { providers, require, execution, interOpThreads }: Written,
  context: z.RefinementCtx,
): void {
  const refused = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
  const names = (providers ?? []).map(({ name }) => name as string);
  if (require !== undefined && providers !== undefined && !names.includes(require)) {
    refused('require', `found ${require}, expected one of the providers listed: ${names.join(', ')}`);
  }
  if (interOpThreads !== undefined && interOpThreads > 1 && execution === 'sequential') {
    refused(
      'interOpThreads',
      `found ${interOpThreads}, which a sequential session does not use; expected execution: parallel beside it`,
    );
  }
  if (execution === 'parallel' && (interOpThreads ?? 1) === 1) {
    refused('execution', 'found parallel with one thread for it; expected interOpThreads: 2 or more beside it');
  }
  if (execution === 'parallel' && (names.includes('dml') || require === 'dml')) {
    refused('execution', 'found parallel, which onnxruntime turns into sequential on dml; expected sequential');
  }
}

/** The fields of a session as a target carries them. */
export function sessionOf<T extends Written>({
  providers,
  require,
  graph,
  execution,
  interOpThreads,
  sessionConfig: config,
  profile,
  ...rest
}: T) {
  const wishes: readonly ProviderWish[] = providers ?? [{ name: require ?? 'cpu', options: {} }];
  const session: SessionSpec = {
    graph,
    execution,
    interOpThreads: interOpThreads ?? 1,
    providerOptions: Object.fromEntries(
      wishes.filter(({ options }) => Object.keys(options).length > 0).map(({ name, options }) => [name, options]),
    ),
    config,
    profile: profile ? 'on' : 'off',
  };
  return { ...rest, providers: wishes.map(({ name }): string => name), require: require ?? null, session };
}
