import type { Energy } from '../../gpu/energy.ts';
import type { TrialEnergy } from './energy.ts';
import type { EnergyFigure, EnergyResult } from './gpu-result.ts';

/** As it stands in results. */
export const energyResult = (energy: TrialEnergy, inferences: number): EnergyResult => ({
  total: figure(energy.total),
  gpus: energy.gpus.map(({ device, by, energy: chosen, counter, integral, disagreement, idle }) => ({
    uuid: device.uuid,
    by,
    energy: figure(chosen),
    counter: figure(counter),
    integral: figure(integral),
    disagreement,
    idleWatts: idle?.watts ?? null,
  })),
  idleWatts: energy.idle?.watts ?? null,
  inferences,
  perInference: energy.perInference,
  packageJoules: energy.packageJoules,
});

const figure = (energy: Energy): EnergyFigure =>
  energy.kind === 'measured' ? { joules: energy.joules, error: energy.error } : { joules: null, reason: energy.reason };
