import type { Benchmarks, CellResult } from '../../verdict/result.ts';
import type { TrialResult } from '../../verdict/trial-result.ts';
import { countText, figureText, percentText } from '../figures.ts';
import { NETWORK_HEADING, networkRows } from '../network-text.ts';
import { ageText, bytesText, type Facts, flagAt, listAt, numberAt, textAt } from './facts.ts';
import { gpuTable } from './gpu-table.ts';
import { html, type Markup } from './markup.ts';
import { figure, prose, table, text } from './table.ts';
import { trialName } from './trial-name.ts';

/** What measured, on what, and how far it is to be trusted. */
export function instrumentSection({ instrument, nodes, cells, targets }: Benchmarks): Markup {
  return html`<section aria-labelledby="instrument"><h2 id="instrument">Environment and instrument</h2>
${worstText(cells)}
${nodeTable(nodes)}${gpuTable(nodes)}${calibrationTable(instrument.calibration)}${targetTable(targets)}${clockTable(instrument.clocks)}${networkTable(cells)}</section>
`;
}

/** The harness's own worst figures over all trials: what a reader wants to know before trusting any other. */
function worstText(cells: readonly CellResult[]): Markup {
  const trials = cells.flatMap((cell) =>
    cell.trials.map((trial) => ({
      trial,
      name: cell.trials.length > 1 ? `${cell.id}, ${trialName(trial)}` : cell.id,
    })),
  );
  const worst = (
    title: string,
    of: (trial: TrialResult) => number | null,
    shown: (value: number) => string,
  ): Markup => {
    const known = trials.flatMap(({ trial, name }) => {
      const value = of(trial);
      return value === null ? [] : [{ value, name }];
    });
    const most = known.toSorted((a, b) => b.value - a.value)[0];
    const value = most === undefined ? 'not known' : most.value === 0 ? 'none' : shown(most.value);
    const place = most === undefined || most.value === 0 ? '' : `, ${most.name}`;
    return html`<div><dt>${title}</dt><dd>${value}<small>${place}</small></dd></div>`;
  };
  return html`<dl class="worst">
${worst(
  "Highest P99 of the harness's own lag",
  ({ latency }) => latency.lag.p99.value,
  (ms) => `${figureText(ms)} ms`,
)}
${worst("Highest CPU share of the harness's pacing threads", ({ host }) => host.pacingCpu, percentText)}
${worst('Most CPU time stolen by the host', ({ host }) => host.steal, percentText)}
${worst(
  'Longest held by a CPU quota',
  ({ host }) => host.throttledUs,
  (us) => `${figureText(us / 1e6)} s`,
)}
${worst(
  "Longest delay of a runner's event loop, P99 of a second",
  ({ host }) => host.runnerLoopDelayP99Ms ?? null,
  (ms) => `${figureText(ms)} ms`,
)}
</dl>`;
}

function nodeTable(nodes: Benchmarks['nodes']): Markup {
  return table({
    id: 'nodes',
    caption: 'Nodes',
    columns: [
      text('node'),
      prose('agents'),
      prose('processor'),
      text('memory'),
      prose('system'),
      ...['Node.js', 'onnxruntime', 'loadcell'].map(text),
    ],
    rows: nodes.map(({ id, agents, fingerprint }) => [
      id,
      agents.join(', '),
      processorText(fingerprint),
      sizeText(numberAt(fingerprint, 'memoryBytes'), numberAt(fingerprint, 'cgroup', 'memoryBytes')),
      systemText(fingerprint),
      textAt(fingerprint, 'node') ?? '-',
      textAt(fingerprint, 'onnxruntime') ?? '-',
      textAt(fingerprint, 'loadcell') ?? '-',
    ]),
  });
}

function processorText(fingerprint: Facts): string {
  const logical = numberAt(fingerprint, 'cpu', 'available') ?? numberAt(fingerprint, 'cpu', 'logical');
  const quota = numberAt(fingerprint, 'cgroup', 'cpus');
  const governor = textAt(fingerprint, 'cpu', 'governor');
  const parts = [
    textAt(fingerprint, 'cpu', 'model') ?? '-',
    ...(logical === null ? [] : [`${logical} logical CPUs`]),
    ...(quota === null ? [] : [`limited to ${figureText(quota)}`]),
    ...(governor === null ? [] : [`governor ${governor}`]),
  ];
  return parts.join(', ');
}

function sizeText(all: number | null, limit: number | null): string {
  if (all === null) return '-';
  return limit === null ? bytesText(all) : `${bytesText(all)}, limited to ${bytesText(limit)}`;
}

function systemText(fingerprint: Facts): string {
  const virtual = flagAt(fingerprint, 'machine', 'virtual');
  const hypervisor = textAt(fingerprint, 'machine', 'hypervisor');
  const clock = textAt(fingerprint, 'clockSource');
  const parts = [
    textAt(fingerprint, 'os', 'name'),
    textAt(fingerprint, 'os', 'kernel'),
    virtual === true ? `virtual machine${hypervisor === null ? '' : ` (${hypervisor})`}` : null,
    clock === null ? null : `clock ${clock}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? '-' : parts.join(', ');
}

function calibrationTable(calibrations: readonly Facts[]): Markup {
  const shown = (value: number | null): string => (value === null ? '-' : figureText(value));
  return table({
    id: 'calibration',
    caption: 'Calibration: what the harness itself is worth on the node, against a target that does nothing',
    columns: [
      text('node'),
      text('driver'),
      figure('workers'),
      figure('age'),
      figure('ceiling/s'),
      figure('lag P50 ms'),
      figure('lag P99 ms'),
      figure('lag P99.9 ms'),
      text('known answers'),
    ],
    rows: calibrations.map((calibration) => {
      const age = numberAt(calibration, 'ageS');
      const ceiling = numberAt(calibration, 'ceilingPerSecond');
      return [
        textAt(calibration, 'node') ?? '-',
        driverText(calibration),
        String(numberAt(calibration, 'workers') ?? '-'),
        age === null ? '-' : ageText(age),
        ceiling === null ? '-' : countText(Math.round(ceiling)),
        shown(numberAt(calibration, 'lagMs', 'p50')),
        shown(numberAt(calibration, 'lagMs', 'p99')),
        shown(numberAt(calibration, 'lagMs', 'p99.9')),
        answersText(listAt(calibration, 'checks')),
      ];
    }),
  });
}

/** k6 has no pacing of ours, and a version of its own. */
function driverText(calibration: Facts): string {
  const k6 = textAt(calibration, 'k6', 'version');
  const parts = [textAt(calibration, 'driver'), k6 ?? textAt(calibration, 'pacing')];
  return parts.filter((part) => part !== null).join(', ');
}

function answersText(checks: readonly Facts[]): string {
  const missed = checks.filter((check) => flagAt(check, 'ok') !== true);
  if (checks.length === 0) return '-';
  if (missed.length === 0) return `all ${checks.length} reproduced`;
  const each = missed.map((check) => {
    const error = numberAt(check, 'error');
    return `${textAt(check, 'name') ?? '?'}${error === null ? '' : ` by ${percentText(error)}`}`;
  });
  return `missed: ${each.join(', ')}`;
}

function targetTable(targets: Benchmarks['targets']): Markup {
  return table({
    id: 'targets',
    caption: 'Targets',
    columns: [text('target'), text('kind'), text('model, module or script'), text('provider')],
    rows: Object.entries(targets).map(([name, facts]) => [
      name,
      textAt(facts, 'kind') ?? '-',
      modelText(facts),
      textAt(facts, 'session', 'provider') ?? '-',
    ]),
  });
}

function modelText(facts: Facts): string {
  const bytes = numberAt(facts, 'model', 'bytes');
  const parameters = numberAt(facts, 'model', 'parameters');
  const opset = numberAt(facts, 'model', 'opset');
  const [module, script] = [textAt(facts, 'module', 'name'), textAt(facts, 'script', 'name')];
  const digest = ['model', 'module', 'script'].map((of) => textAt(facts, of, 'sha256')).find((found) => found !== null);
  const parts = [
    module,
    script,
    bytes === null ? null : bytesText(bytes),
    parameters === null ? null : `${countText(parameters)} parameters`,
    opset === null ? null : `opset ${opset}`,
    digest === undefined ? null : `SHA-256 ${digest.slice(0, 12)}…`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? '-' : parts.join(', ');
}

function clockTable(clocks: Benchmarks['instrument']['clocks']): Markup {
  return table({
    id: 'clocks',
    caption: "Agents' clocks against the coordinator's: they align seconds, no latency is computed across them",
    columns: [text('agent'), figure('offset ms'), figure('± ms'), figure('drift ppm')],
    rows: clocks.map(({ agent, offsetMs, boundMs, driftPpm }) => [
      agent,
      ...[offsetMs, boundMs, driftPpm].map(figureText),
    ]),
  });
}

function networkTable(cells: readonly CellResult[]): Markup {
  const rows = networkRows(cells);
  const [cell, trial, agent, label, ...figures] = NETWORK_HEADING;
  return table({
    id: 'networks',
    caption: 'Networks between clients and endpoint, as each agent found its own before the load',
    columns: [text(cell), text(trial), text(agent), prose(label), ...figures.map(figure)],
    rows,
  });
}
