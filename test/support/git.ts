import { execFileSync } from 'node:child_process';

const SETTINGS = [
  '-c',
  'user.name=Test',
  '-c',
  'user.email=test@example.com',
  '-c',
  'protocol.file.allow=always',
];

/** Runs the `git` program in a directory, untouched by the configuration of whoever runs the tests. */
export function git(directory: string, ...words: readonly string[]): string {
  const env = {
    PATH: process.env['PATH'],
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    HOME: '/nowhere',
  };
  return execFileSync('git', [...SETTINGS, ...words], {
    cwd: directory,
    env,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}
