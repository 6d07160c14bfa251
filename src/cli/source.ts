import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Where a run came from: the commit checked out in the working folder and the CI job, where there are such. */
export interface Source {
  readonly commit: string | null;
  readonly dirty: boolean | null;
  readonly ci: string | null;
}

const run = promisify(execFile);

/** Never rejects: outside a repository, or without git, commit and dirty are null. */
export async function sourceOf(folder: string, env: Readonly<Record<string, string | undefined>>): Promise<Source> {
  const ci = ciJob(env);
  try {
    const options = { cwd: folder, timeout: 2000 };
    const [head, status] = await Promise.all([
      run('git', ['rev-parse', '--verify', 'HEAD'], options),
      run('git', ['status', '--porcelain', '--untracked-files=no'], options),
    ]);
    return { commit: head.stdout.trim(), dirty: status.stdout.trim() !== '', ci };
  } catch {
    return { commit: null, dirty: null, ci };
  }
}

function ciJob(env: Readonly<Record<string, string | undefined>>): string | null {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = env;
  if (server !== undefined && repository !== undefined && id !== undefined)
    return `${server}/${repository}/actions/runs/${id}`;
  return env.CI_JOB_URL ?? env.BUILD_URL ?? (env.CI !== undefined && env.CI !== '' && env.CI !== 'false' ? 'ci' : null);
}
