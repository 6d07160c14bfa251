import { type Address, type Advertised, authority, parseAddress, parseAdvertised } from '../campaign/dial-address.ts';
import type { Plan } from '../campaign/plan.ts';
import type { Reading } from '../campaign/quantity.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';

/** What the command line may say of where agents dial in; absent: what the campaign's fleet.coordinator says. */
export interface DoorOptions {
  readonly listen?: string;
  readonly advertise?: string;
  /** Where neither of both says anything; absent: a free port of the loopback address. */
  readonly usualListen?: string;
}

/** Where agents dial in, and by which address they find it; advertise absent: the address it listens on. */
export interface Door {
  readonly listen: Address;
  readonly advertise?: Advertised;
}

/** Where agents dial in: each of both options wins over what the plan says. Throws a {@link Failure} at once. */
export function doorOf({ listen, advertise, usualListen = '127.0.0.1:0' }: DoorOptions): (plan: Plan) => Door {
  const asked = listen === undefined ? null : addressAt('--listen', listen);
  const known = advertise === undefined ? null : told('--advertise', parseAdvertised(advertise));
  return ({ fleet }) => {
    const site = fleet?.coordinator;
    const usual = site?.inside === undefined ? usualListen : EVERY_ADDRESS;
    const found = known ?? site?.advertise ?? null;
    return {
      listen: asked ?? site?.listen ?? addressAt('--listen', usual),
      ...(found === null ? {} : { advertise: found }),
    };
  };
}

/** Where a coordinator listens on a node that was found for it. */
const EVERY_ADDRESS = '0.0.0.0:0';

/** As agents would be told it. */
export function dialled({ listen, advertise = listen }: Door): string {
  return authority(advertise.host, advertise.port ?? listen.port);
}

/** Throws a {@link Failure} where it is none. */
export const addressAt = (option: string, text: string): Address => told(option, parseAddress(text));

function told<T>(option: string, reading: Reading<T>): T {
  if (!reading.ok) throw new Failure(EXIT_CODES['before-start'].code, `${option}: ${reading.problem}`);
  return reading.value;
}
