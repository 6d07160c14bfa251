import { SharedSecret } from '../../src/coordinator/admission.ts';
import type { Entrance } from '../../src/coordinator/entrance.ts';

/** A door on a free port of this machine, for agents that share a secret. */
export const openEntrance = (secret: string): Entrance => ({
  listen: { host: '127.0.0.1', port: 0 },
  advertise: { host: '127.0.0.1', port: null },
  admission: new SharedSecret(secret),
  security: null,
});
