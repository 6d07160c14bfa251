import { serverResult } from '../server/told.ts';
import { counted, inPercent } from '../wording.ts';
import { type Examined, type Flaw, flaw, isCutOff } from './rule.ts';

/** Share of the requests by which two counts of them may differ before it is said. */
const COUNTS_DIFFER = 0.001;

/** The server counted more than was sent to it: its queue, and so the response times, were also somebody else's. */
export function otherClients(trial: Examined): readonly Flaw[] {
  const { counted: theirs, sent } = told(trial) ?? {};
  if (theirs === undefined || theirs === null || sent === undefined) return [];
  const more = theirs - sent;
  if (more <= COUNTS_DIFFER * sent) return [];
  const message = `The server counted ${counted(theirs, 'inference')} while ${sent} were sent: ${more} came from elsewhere.`;
  const hint =
    'Other clients were using it, or it was still working on what had been given up before: measure it alone, or after a pause.';
  return [flaw('caution', 'server-other-clients', trial.where, message, hint)];
}

/** The server counted fewer than were answered: not all of what answered is what is looked at. */
export function countedFewer(trial: Examined): readonly Flaw[] {
  const { counted: theirs, answered } = told(trial) ?? {};
  if (theirs === undefined || theirs === null || answered === undefined) return [];
  const fewer = answered - theirs;
  if (fewer <= COUNTS_DIFFER * answered) return [];
  const message = `The server counted ${counted(theirs, 'inference')} while ${answered} were answered ok: ${fewer} are not in its counts.`;
  const hint =
    'It was started anew under the load, or several servers stand behind the address and one of them was asked, or a cache in front of it answers: its queue and compute times are of its own share alone.';
  return [flaw('caution', 'server-counted-fewer', trial.where, message, hint)];
}

/** A response cache answers without the model. */
export function serverCache(trial: Examined): readonly Flaw[] {
  const measured = told(trial)?.measured ?? null;
  if (measured === null || measured.cacheHits === 0) return [];
  const { cacheHits: hits, ok } = measured;
  const message = `The server's response cache answered ${counted(hits, 'request')} of ${ok} (${inPercent(hits / Math.max(ok, hits))}): the model did not run for them.`;
  const hint = 'Switch the cache off to measure the model, or send more samples than it holds.';
  return [flaw('caution', 'server-cache', trial.where, message, hint)];
}

/** Where an agent was lost it is not known what was sent. */
const told = ({ cell, evidence, names }: Examined) => (isCutOff(evidence) ? null : serverResult(cell, evidence, names));
