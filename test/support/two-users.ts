/** Declares tests that need a second user. Only root can be two: as anybody else they do not exist. */
export function withTwoUsers(declare: () => void): void {
  if (process.getuid?.() === 0) declare();
}
