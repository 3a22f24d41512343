import { RunError } from '../errors.js';
import type { WorkingPath } from '../ids.js';

/**
 * Takes a path that its machine has already resolved.
 * @throws RunError `PATH_NOT_ABSOLUTE` when it is relative, unnormalised or ends with a slash
 */
export function asWorkingPath(resolved: string): WorkingPath {
  const segments = resolved.split('/').slice(1);
  const isResolved =
    resolved === '/' ||
    (resolved.startsWith('/') &&
      !resolved.includes('\0') &&
      segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..'));
  if (!isResolved) {
    throw new RunError(
      'PATH_NOT_ABSOLUTE',
      `${JSON.stringify(resolved)} is not an absolute, resolved path; resolve it on the machine that owns it first`,
    );
  }
  return resolved as WorkingPath;
}
