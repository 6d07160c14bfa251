import { addAgent } from './agent.ts';
import { addBaseline } from './baseline.ts';
import { addBench } from './bench.ts';
import { addCalibrate } from './calibrate.ts';
import { addCompare } from './compare.ts';
import { addCompareDrivers } from './compare-drivers.ts';
import { addCompletion } from './completion.ts';
import { addCoordinator } from './coordinator.ts';
import { addDoctor } from './doctor.ts';
import { addEngines } from './engines.ts';
import { addExport } from './export.ts';
import { addFetch } from './fetch.ts';
import { addGate } from './gate.ts';
import { addGpu } from './gpu.ts';
import { addHelp } from './help.ts';
import { addInside } from './inside.ts';
import { addJudge } from './judge.ts';
import { addModel } from './model.ts';
import { addPeak } from './peak.ts';
import { addPlan } from './plan.ts';
import { addReport } from './report.ts';
import { addRun } from './run.ts';
import { addRuns } from './runs.ts';
import { addServe } from './serve.ts';
import { addShow } from './show.ts';
import { addTrend } from './trend.ts';
import type { AddVerb } from './verb.ts';

/** Every verb, in the order in which `--help` lists them. A new verb is one file in this folder and a line here. */
export const VERBS: readonly AddVerb[] = [
  addRun,
  addPlan,
  addBench,
  addPeak,
  addJudge,
  addShow,
  addRuns,
  addCompare,
  addCompareDrivers,
  addGate,
  addBaseline,
  addTrend,
  addExport,
  addReport,
  addModel,
  addServe,
  addCoordinator,
  addAgent,
  addCalibrate,
  addDoctor,
  addEngines,
  addFetch,
  addInside,
  addGpu,
  addCompletion,
  addHelp,
];
