import * as fs from 'node:fs/promises';
import { copyFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { adviceOn } from '../models/advice.ts';
import type { ModelTensor } from '../models/inspect.ts';
import { ModelError } from '../models/model-error.ts';
import { isReferenceModel, nearestReference, referenceModelFacts, referenceModelNames } from '../models/registry.ts';
import { stageReferenceModel } from '../models/stage.ts';
import { type ModelSurvey, surveyModel } from '../models/survey.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { cacheFolder } from './cache-folder.ts';
import { Failure } from './failure.ts';

const USAGE = EXIT_CODES['before-start'].code;

/** `loadcell model make`: same name, same bytes, on every machine. */
export async function makeModel(name: string, { out }: { readonly out: string }): Promise<void> {
  if (!isReferenceModel(name)) {
    const nearest = nearestReference(name);
    const hint = nearest === null ? `expected one of ${referenceModelNames.join(', ')}` : `did you mean ${nearest}`;
    throw new Failure(USAGE, `model make: found ${name}, which is no reference model; ${hint}`);
  }
  const staged = await stageReferenceModel(name, join(cacheFolder(process.env), 'models'), fs);
  await placed(staged.path, resolve(out));
  const { parameters } = referenceModelFacts(name);
  process.stdout.write(`${out}: ${name}, ${parameters} parameters, ${staged.bytes} bytes, sha256:${staged.sha256}\n`);
}

/** Whole or not at all: written beside its place and renamed. */
async function placed(from: string, to: string): Promise<void> {
  const temporary = `${to}.${process.pid}.tmp`;
  try {
    await copyFile(from, temporary);
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(USAGE, `--out ${to}: cannot be written: ${why}`);
  }
}

/** `loadcell model info`. */
export async function showModel(file: string, { json }: { readonly json?: boolean }): Promise<void> {
  const survey = surveyed(file);
  const advice = adviceOn(survey);
  process.stdout.write(
    json === true ? `${JSON.stringify({ ...survey, advice }, null, 2)}\n` : infoText(file, survey, advice),
  );
}

function infoText(file: string, survey: ModelSurvey, advice: readonly string[]): string {
  const tensor = ({ name, type, shape }: ModelTensor): string => `  ${name}: ${type}[${shape.join(', ')}]`;
  const opsets = Object.entries(survey.opsets).map(([domain, version]) => `${domain} ${version}`);
  const operators = Object.entries(survey.operators);
  const nodes = operators.reduce((sum, [, count]) => sum + count, 0);
  const lines = [
    `${file}: opset ${survey.opset}, ${survey.parameters} parameters, ${survey.bytes} bytes`,
    `operator sets ${opsets.join(', ')}${survey.producer === '' ? '' : `; written by ${survey.producer}`}`,
    'inputs',
    ...survey.inputs.map(tensor),
    'outputs',
    ...survey.outputs.map(tensor),
    `${nodes} nodes`,
    ...operators.map(([operator, count]) => `  ${operator}: ${count}`),
    'weights',
    ...Object.entries(survey.weights).map(
      ([type, { tensors, elements }]) => `  ${type}: ${tensors} tensors, ${elements} elements`,
    ),
    ...survey.externalData.map(({ location, bytes }) => `  in ${location}: ${bytes} bytes at least`),
    ...(advice.length === 0 ? [] : ['mind', ...advice.map((sentence) => `  ${sentence}`)]),
  ];
  return `${lines.join('\n')}\n`;
}

function surveyed(file: string): ModelSurvey {
  try {
    return surveyModel(resolve(file));
  } catch (error) {
    if (error instanceof ModelError) throw new Failure(USAGE, error.message);
    throw error;
  }
}
