import { fileURLToPath } from 'node:url';

/** A configuration of k6 that says nothing, instead of the one in the home folder of whoever runs it. */
const NO_CONFIGURATION = fileURLToPath(new URL('../../../k6/config.json', import.meta.url));

/**
 * The environment of a k6 before what a campaign puts there. k6 takes options from variables of its own (`K6_DURATION`,
 * `K6_LOG_OUTPUT`) and from a file in the home folder: those that happen to be where an agent runs would change the load
 * without standing in the plan, and are left out. What only says where a browser lies stays.
 */
export const ambientEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith('K6_') || name.startsWith('K6_BROWSER_')),
  ),
  K6_CONFIG: NO_CONFIGURATION,
  // A script that imports a foreign module would make k6 fetch another program.
  K6_AUTO_EXTENSION_RESOLUTION: 'false',
});
