import type { ScriptRuntime } from './definition.js';

/** Whether a text may name a command or a packaged workflow: one segment of a path, not hidden. */
export function isResourceName(name: string): boolean {
  return name !== '' && !/[/\\]|\.\.|^\./.test(name);
}

/** What runs a named script, by the ending of its file. */
const RUNTIMES: Readonly<Record<string, ScriptRuntime>> = { '.ts': 'bun', '.js': 'bun', '.py': 'uv' };

/** Matches the files that a script node may name. */
export const SCRIPT_FILE = /\.(?:ts|js|py)$/;

/** @returns null when it is no file of a script */
export function runtimeOfFile(basename: string): ScriptRuntime | null {
  return RUNTIMES[basename.slice(basename.lastIndexOf('.'))] ?? null;
}
