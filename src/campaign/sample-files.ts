import type { Campaign } from './campaign.ts';
import { expand } from './expand.ts';
import type { ExpectSpec, InputsSpec, PlannedFile } from './inputs-spec.ts';
import type { Finding } from './issue-sentence.ts';
import type { Path } from './mistake.ts';
import { campaignPath, type Reach } from './paths.ts';
import type { Reading } from './quantity.ts';
import type { TargetOptions } from './target-schema.ts';

/** A file of samples or of expected outputs, as a target names it. */
export interface NamedSamples {
  readonly kind: 'npy' | 'npz' | 'raw' | 'jsonl' | 'csv' | 'pem' | 'proto';
  /** Below the target's kind. */
  readonly path: Path;
  readonly found: string;
}

/** A file of samples that a campaign needs. `path` is as of {@link campaignPath}. */
export interface NeededSamples {
  readonly key: string;
  readonly kind: NamedSamples['kind'];
  readonly path: string;
}

export interface SamplesContext {
  readonly reach: Reach;
  /** Staged files by the key of {@link samplesOf}; or the sentence that says why one is not: `found …, expected …`. */
  readonly samples: ReadonlyMap<string, Reading<PlannedFile>>;
}

type OnnxOptions = Extract<TargetOptions, { kind: 'onnx' }>['options'];

/** The files that a target needs beside its model: what it is fed from, what it must answer, what secures its connections. */
export function namedFiles(target: TargetOptions): NamedSamples[] {
  switch (target.kind) {
    case 'onnx':
    case 'serve':
      return namedSamples(target.options);
    case 'http': {
      const { inputs, data, tls } = target.options;
      const rows: NamedSamples[] =
        data === undefined
          ? []
          : [{ kind: data.chosen.kind, path: ['data', data.chosen.kind, 'file'], found: data.chosen.options.file }];
      return [...namedSamples({ inputs }), ...rows, ...certificates(tls)];
    }
    case 'grpc': {
      const { inputs, proto, tls } = target.options;
      const methods: NamedSamples[] = proto === undefined ? [] : [{ kind: 'proto', path: ['proto'], found: proto }];
      return [...namedSamples({ inputs }), ...methods, ...certificates(tls)];
    }
    default:
      return [];
  }
}

const certificates = (
  tls: { readonly ca?: string | undefined; readonly certificate?: string | undefined } | undefined,
) =>
  (['ca', 'certificate'] as const).flatMap((key): NamedSamples[] => {
    const found = tls?.[key];
    return found === undefined ? [] : [{ kind: 'pem', path: ['tls', key], found }];
  });

/** The files that a target is fed from, and those that hold what it must answer. */
export function namedSamples({
  inputs,
  expect,
}: {
  readonly inputs?: OnnxOptions['inputs'] | undefined;
  readonly expect?: OnnxOptions['expect'] | undefined;
}): NamedSamples[] {
  const named: NamedSamples[] = [];
  if (inputs !== undefined && inputs.kind !== 'random') {
    named.push({ kind: inputs.kind, path: ['inputs', inputs.kind, 'file'], found: inputs.options.file });
  }
  if (expect !== undefined) {
    const { kind, options } = expect.chosen;
    named.push({ kind, path: ['expect', kind, 'file'], found: options.file });
  }
  return named;
}

function needed({ kind, found }: Pick<NamedSamples, 'kind' | 'found'>, reach: Reach): NeededSamples {
  const path = campaignPath(found, reach);
  const at = path.ok ? path.value : found;
  return { key: `${kind}:${at}`, kind, path: at };
}

/** The sample files of all cells, each once: what is to be read before a plan is made. */
export function samplesOf(campaign: Campaign, reach: Reach): readonly NeededSamples[] {
  const files = expand(campaign).flatMap(({ options }) => namedFiles(options).map((named) => needed(named, reach)));
  return [...new Map(files.map((file) => [file.key, file])).values()];
}

/** Sample files that could not be read, at their places. */
export function missingSamples(campaign: Campaign, { reach, samples }: SamplesContext): Finding[] {
  return expand(campaign).flatMap(({ target, options }) => {
    return namedFiles(options).flatMap((named) => {
      const reading = samples.get(needed(named, reach).key);
      if (reading?.ok === true) return [];
      const message = reading?.problem ?? `found ${named.found}, which was not read`;
      return [{ path: ['targets', target.name, options.kind, ...named.path], message }];
    });
  });
}

/** What a target is fed and must answer, every file with its digest. */
export function feedsOf(
  { inputs, expect }: Pick<OnnxOptions, 'inputs' | 'expect'>,
  context: SamplesContext,
): { readonly inputs: InputsSpec; readonly expect?: ExpectSpec } {
  const spec = inputsOf(inputs, context);
  return expect === undefined ? { inputs: spec } : { inputs: spec, expect: expectOf(expect, context) };
}

export function inputsOf(inputs: OnnxOptions['inputs'], context: SamplesContext): InputsSpec {
  switch (inputs.kind) {
    case 'random':
      return { kind: 'random', ...inputs.options };
    case 'npy':
    case 'raw':
      return {
        kind: inputs.kind,
        file: stagedFile(inputs.kind, inputs.options.file, context),
        input: inputs.options.input ?? null,
      };
    case 'npz':
    case 'jsonl':
      return { kind: inputs.kind, file: stagedFile(inputs.kind, inputs.options.file, context) };
  }
}

function expectOf({ chosen, tolerance }: NonNullable<OnnxOptions['expect']>, context: SamplesContext): ExpectSpec {
  const file = stagedFile(chosen.kind, chosen.options.file, context);
  const source =
    chosen.kind === 'npy'
      ? { kind: chosen.kind, file, output: chosen.options.output ?? null }
      : { kind: chosen.kind, file };
  return { source, ...tolerance };
}

export function stagedFile(kind: NamedSamples['kind'], found: string, { reach, samples }: SamplesContext): PlannedFile {
  const reading = samples.get(needed({ kind, found }, reach).key);
  if (reading?.ok !== true) throw new Error(`${found}: a sample file that was not read was not refused`);
  return reading.value;
}
