import { studentTAbove, studentTQuantile } from '../student-t.ts';
import { type Moments, momentsOf } from './moments.ts';

/** How one night stands to earlier ones, on logarithms. */
export interface NightShift {
  /** Of the earlier nights' logarithms. */
  readonly nights: Moments;
  /** This night's logarithm less their mean. */
  readonly log: number;
  /** One-sided, of "this night is one of them" against "its figure is higher". */
  readonly pValue: number;
}

/**
 * The replicate is the night: `tonight` and each of `nights` is the mean of the logarithms of that night's trials. The
 * statistic is that of a prediction of one further value, t = (x - mean) / (s sqrt(1 + 1/M)) at M - 1 degrees. Throws
 * {@link RangeError} below two nights.
 *
 * Source: Hahn and Meeker, Statistical Intervals (1991), section 4.7.
 */
export function nightShift(nights: readonly number[], tonight: number): NightShift {
  const moments = momentsOf(nights);
  const { count, mean, deviation } = moments;
  if (count < 2) throw new RangeError(`nights: found ${count}, expected at least 2`);
  const log = tonight - mean;
  if (deviation === 0) return { nights: moments, log, pValue: log > 0 ? 0 : 1 };
  return { nights: moments, log, pValue: studentTAbove(log / predictionError(moments), count - 1) };
}

/** The smallest true increase that one night catches nine times in ten, as a share of 1; `alpha` of one metric. */
export function detectableByNight(nights: Moments, alpha: number): number {
  const { count } = nights;
  const reach = studentTQuantile(1 - alpha, count - 1) + studentTQuantile(0.9, count - 1);
  return Math.expm1(reach * predictionError(nights));
}

/** Upper one-sided bound on how much higher tonight's level is than that of the nights, as a logarithm. */
export const upperNightBound = ({ nights, log }: NightShift, confidence: number): number =>
  log + studentTQuantile(confidence, nights.count - 1) * predictionError(nights);

const predictionError = ({ count, deviation }: Moments): number => deviation * Math.sqrt(1 + 1 / count);
