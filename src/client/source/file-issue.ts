import type { Issue } from '../../core/definition/issue.js';

/** An issue with a file as a whole. */
export function fileIssue(file: string, issue: Pick<Issue, 'code' | 'path' | 'message' | 'hint'>): Issue {
  return { severity: 'error', ...issue, file, line: 1, column: 1 };
}

export function unreadableIssue(file: string, reason: string): Issue {
  return fileIssue(file, {
    code: 'FILE_UNREADABLE',
    path: [],
    message: `cannot be read: ${reason}`,
    hint: 'mend the file or its permissions, or remove it',
  });
}
