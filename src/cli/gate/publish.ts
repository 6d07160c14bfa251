import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonText, writeWhole } from '../../coordinator/results-folder.ts';
import { gateAnnotations } from '../../report/gate-annotations.ts';
import { gateJunit } from '../../report/gate-junit.ts';
import { gateMarkdown } from '../../report/gate-markdown.ts';
import type { GateResult } from '../../verdict/gate/result.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Writes verdict.json, junit.xml and gate.md into the gate's folder; in GitHub Actions also the step's summary and
 * annotations, the latter on standard error. A summary that cannot be written is told and changes no verdict.
 */
export async function publish(
  folder: string,
  result: GateResult,
  environment: Environment,
  err: NodeJS.WritableStream,
): Promise<void> {
  const markdown = gateMarkdown(result);
  await writeWhole(join(folder, 'verdict.json'), jsonText(result));
  await writeWhole(join(folder, 'junit.xml'), gateJunit(result));
  await writeWhole(join(folder, 'gate.md'), markdown);
  const { GITHUB_STEP_SUMMARY: summary, GITHUB_ACTIONS: actions } = environment;
  if (summary !== undefined && summary !== '') {
    await appendFile(summary, markdown).catch((error: Error) => {
      err.write(`loadcell: GITHUB_STEP_SUMMARY: cannot be written: ${error.message}\n`);
    });
  }
  if (actions === 'true') for (const line of gateAnnotations(result)) err.write(`${line}\n`);
}
