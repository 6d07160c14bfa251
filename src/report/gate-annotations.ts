import type { GateResult } from '../verdict/gate/result.ts';

/**
 * Workflow commands of GitHub Actions, one a line: `error` where the gate blocks, `warning` where its verdict is no pass
 * and tolerated, and for cautions. Source: GitHub, "Workflow commands for GitHub Actions".
 */
export function gateAnnotations({ verdict, exitCode, reasons, cautions }: GateResult): readonly string[] {
  const level = exitCode === 0 ? 'warning' : 'error';
  return [
    ...reasons.map(({ where, message }) => command(level, `gate ${verdict}`, `${where}: ${message}`)),
    ...cautions.map(({ where, message }) => command('warning', 'gate caution', `${where}: ${message}`)),
  ];
}

const command = (level: string, title: string, message: string): string =>
  `::${level} title=${property(title)}::${data(message)}`;

const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
