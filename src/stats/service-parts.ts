import { Histogram } from './histogram.ts';

/**
 * How the service times of ok requests over a network were made up; what is not known of a request is not in it. Adds as the
 * tally that holds it does.
 */
export class ServicePartsTally {
  /** Opening the connection, of every request; 0 on one that was open. */
  readonly connect = new Histogram();
  /** From there to the first byte of the answer. */
  readonly firstByte = new Histogram();
  /** From the first to the last byte. */
  readonly receive = new Histogram();
  /** The server's own time, of the answers that report it. */
  readonly server = new Histogram();

  add(other: ServicePartsTally): void {
    this.connect.add(other.connect);
    this.firstByte.add(other.firstByte);
    this.receive.add(other.receive);
    this.server.add(other.server);
  }
}

/** Its parts by name. */
export const SERVICE_PARTS = ['connect', 'firstByte', 'receive', 'server'] as const;
export type ServicePart = (typeof SERVICE_PARTS)[number];
