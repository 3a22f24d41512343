const MAX_SEGMENT_CHARACTERS = 80;

/** Where a project's files lie below a folder of projects: `<owner>/<repo>`, or `_local/<name>`. */
export type ProjectName = readonly [owner: string, repository: string];

/** A text as the name of one directory: no separator, never `.` or `..`, not taken for one of ours (`_local`). */
export function toSegment(text: string): string {
  const plain = text.slice(-MAX_SEGMENT_CHARACTERS).replaceAll(/[^\p{L}\p{N}._-]+/gu, '-');
  return /^(?:\.{0,2}|_.*)$/s.test(plain) ? `-${plain.slice(1)}` : plain;
}

/** Owner and name of a project: the last two segments of its remote's URL; null: it has fewer. */
export function ownerAndName(url: string): ProjectName | null {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').replace(/[?#].*$/s, '');
  const segments = path
    .split(/[/:\\]/)
    .filter((segment) => segment !== '' && segment !== '.' && segment !== '..');
  const [owner, name] = segments.slice(-2).map((segment) => toSegment(segment.replace(/\.git$/, '')));
  return owner === undefined || name === undefined ? null : [owner, name];
}

/**
 * What a repository is called.
 * @param directory its main checkout, absolute
 * @param remoteUrl of the remote that stands for it; null: it has none
 */
export function projectName(directory: string, remoteUrl: string | null): ProjectName {
  const base = directory.slice(directory.lastIndexOf('/') + 1);
  return ownerAndName(remoteUrl ?? '') ?? ['_local', toSegment(base)];
}
