/** Values of flags that stand for a campaign. */
import { quoted, type Reading, read, refuse } from '../campaign/quantity.ts';

/** On the command line a bare duration is of seconds. */
export const inSeconds = (text: string): string => (/^\d+(\.\d+)?$/.test(text.trim()) ? `${text.trim()}s` : text);

export const wholeNumber =
  (example: number, most: number = Number.MAX_SAFE_INTEGER) =>
  (text: string): Reading<number> => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= 1 && value <= most) return read(value);
    const range = most === Number.MAX_SAFE_INTEGER ? 'of at least 1' : `from 1 to ${most}`;
    return refuse(`found ${quoted(text)}, expected a whole number ${range}, for example ${example}`);
  };

const LONGEST_NAME = 64;

/** A name of a campaign: letters, digits, dots, dashes and underscores, at most 64, not starting with dot or dash. */
export function nameOf(text: string): string {
  const cleaned = text
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, LONGEST_NAME);
  return cleaned === '' ? 'model' : cleaned;
}
