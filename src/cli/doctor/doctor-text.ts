import type { NodeFacts } from '../../agent/node-facts.ts';
import { bulleted, type Paint } from '../../report/layout.ts';
import { type Finding, stopsRuns } from './finding.ts';

const WIDTH = 100;
const STATUS_WIDTH = 'warning'.length;

/** One line per check, with what to do below it, then what it comes to. */
export function doctorText(
  node: Pick<NodeFacts, 'id' | 'loadcell' | 'os'>,
  findings: readonly Finding[],
  paint: Paint,
): string {
  const name = Math.max(...findings.map(({ check }) => check.length));
  const indent = STATUS_WIDTH + name + 4;
  const os = [node.os.name ?? node.os.platform, node.os.kernel].join(', ');
  return [
    paint.strong(`${node.id}  ${os}  loadcell ${node.loadcell}`),
    '',
    ...findings.flatMap((finding) => findingLines(finding, name, indent, paint)),
    '',
    summary(findings, paint),
    '',
  ].join('\n');
}

function findingLines(finding: Finding, nameWidth: number, indent: number, paint: Paint): string[] {
  const { status, check, found } = finding;
  const head = `${status.padEnd(STATUS_WIDTH)}  ${check.padEnd(nameWidth)}  `;
  const [first = '', ...rest] = bulleted(head, found, WIDTH);
  const advice = status === 'ok' ? [] : bulleted(`${' '.repeat(indent)}-> `, finding.advice, WIDTH);
  return [`${colourOf(finding, paint)(head.slice(0, STATUS_WIDTH))}${first.slice(STATUS_WIDTH)}`, ...rest, ...advice];
}

function colourOf(finding: Finding, paint: Paint): (text: string) => string {
  if (stopsRuns(finding)) return paint.bad;
  return { ok: paint.good, warning: paint.doubtful, missing: paint.faint }[finding.status];
}

function summary(findings: readonly Finding[], paint: Paint): string {
  const count = (status: Finding['status']): number => findings.filter((finding) => finding.status === status).length;
  const warnings = count('warning');
  const counts = `${count('ok')} ok, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}, ${count('missing')} missing`;
  const stops = findings.filter(stopsRuns).map(({ check }) => check);
  if (stops.length === 0) return `${counts}; nothing stops a run on this machine`;
  return `${counts}; ${paint.bad(`no run is possible here: ${stops.join(', ')}`)}`;
}
