import type { Campaign } from './campaign.ts';
import { expand, type MatrixCell } from './expand.ts';
import type { Finding } from './issue-sentence.ts';
import type { Mistake, Path } from './mistake.ts';
import { mistakeOf } from './parse.ts';

/** What the language says and this version cannot plan: expected outputs of a served model. Only of what is in a cell. */
export const notYetPlannable = (campaign: Campaign): readonly Mistake[] => located(campaign, unplannable(campaign));

/** As {@link notYetPlannable}, and what can be planned but not run: the engine kubernetes. */
export const notYetRunnable = (campaign: Campaign): readonly Mistake[] =>
  located(campaign, [...unplannable(campaign), ...unrunnable(campaign)]);

function located(campaign: Campaign, findings: readonly Finding[]): readonly Mistake[] {
  const said = new Map(findings.map((finding) => [JSON.stringify(finding), mistakeOf(finding, campaign)]));
  return [...said.values()];
}

const unplannable = (campaign: Campaign): Finding[] => expand(campaign).flatMap(targetGaps);

const gap = (path: Path, found: string, expected: string): Finding => ({
  path,
  message: `found ${found}, which this version reads and does not measure yet; expected ${expected}`,
});

function targetGaps({ target: { name }, options }: MatrixCell): Finding[] {
  switch (options.kind) {
    case 'onnx':
    case 'null':
    case 'sleep':
    case 'custom':
    case 'http':
    case 'grpc':
    case 'k6':
      return [];
    case 'serve':
      return options.options.expect === undefined
        ? []
        : [gap(['targets', name, 'serve', 'expect'], 'expected outputs of a served model', 'none, or an onnx target')];
  }
}

function unrunnable(campaign: Campaign): Finding[] {
  const { engine } = campaign.fleet;
  return engine === 'kubernetes' ? [gap(['fleet', 'engine'], `the engine ${engine}`, 'local or slurm')] : [];
}
