import { toolReport } from './tools.ts';

/** Says once, before the tests, which tools are missing and how to get them. */
export default function setup(): void {
  for (const line of toolReport()) process.stderr.write(`${line}\n`);
}
