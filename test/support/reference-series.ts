/** The series that bench/reference/scipy_values.py takes its reference values from: 10 + rise·i + wave·sin(i^2). */
export const referenceSeries = (count: number, rise: number, wave: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => 10 + rise * i + wave * Math.sin(i * i));
