import type { JsonObject } from './json-text.ts';
import { keyed, ProtocolError, quoted } from './protocol-error.ts';

/** What a request or a tensor says beside its contents. */
export type ParameterValue = string | number | bigint | boolean;
export type Parameters = Readonly<Record<string, ParameterValue>>;

export const NO_PARAMETERS: Parameters = Object.freeze({});

/** @throws ProtocolError for what is no object of texts, numbers and truths. */
export function parametersOf(where: string, found: unknown): Parameters {
  if (found === undefined) return NO_PARAMETERS;
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    throw new ProtocolError(`${where}.parameters: found ${quoted(found)}, expected an object`);
  }
  for (const [name, value] of Object.entries(found as JsonObject)) {
    if (!['string', 'number', 'bigint', 'boolean'].includes(typeof value)) {
      throw new ProtocolError(
        `${where}.parameters${keyed(name)}: found ${quoted(value)}, expected a text, a number or a truth`,
      );
    }
  }
  return found as Parameters;
}

/** A parameter that is a truth; null: not said. @throws ProtocolError for any other value. */
export function truthIn(where: string, parameters: Parameters, name: string): boolean | null {
  const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (value === undefined) return null;
  if (typeof value === 'boolean') return value;
  throw new ProtocolError(`${where}.parameters.${name}: found ${quoted(value)}, expected true or false`);
}

/** A parameter that is a number of bytes; null: not said. @throws ProtocolError for any other value. */
export function sizeIn(where: string, parameters: Parameters, name: string): number | null {
  const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (value === undefined) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ProtocolError(`${where}.parameters.${name}: found ${quoted(value)}, expected a number of bytes`);
}
