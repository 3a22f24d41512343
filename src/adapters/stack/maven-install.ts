import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { installOnce, type Installation } from './install-once.js';
import { runLong } from './long-command.js';
import { packageRoot } from './package-root.js';
import { isFree, onFreePorts } from './ports.js';
import { requireOnPath } from './program-path.js';

/** The SDK waits five seconds for the server, so the JVM must be quick rather than fast. */
const JVM_FLAGS = ['-Xshare:auto', '-Xlog:disable', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
const ARCHIVE = 'classes.jsa';
const ARCHIVE_WITHIN_MS = 60_000;
const POLL_MS = 50;
const MAIN = 'io.temporal.testserver.TestServer';

/** The version that `tools/test-server/pom.xml` pins. */
export function testServerVersion(): string {
  const text = readFileSync(pomFile(), 'utf8');
  const version = /<artifactId>temporal-test-server<\/artifactId>\s*<version>([^<]+)</.exec(text)?.[1];
  if (version === undefined) throw new Error(`${pomFile()} does not name a temporal-test-server`);
  return version;
}

/**
 * Fetches the pinned test server with Maven, and writes an executable that starts it.
 * @param directory of the installation; the executable is written last
 * @returns path of the executable. @throws Error with the reason, in one line
 */
export async function installTestServer(directory: string, by: Installation): Promise<string> {
  const { environment, home } = by.options;
  const java = requireOnPath('java', environment);
  const maven = requireOnPath('mvn', environment);
  const target = join(directory, 'temporal-test-server');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  await installOnce(target, by, async () => {
    rmSync(target, { force: true });
    const library = join(directory, 'lib');
    rmSync(library, { recursive: true, force: true });
    const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${library}`];
    await runLong(
      {
        title: 'fetching the test server with Maven',
        argv: [maven, '--batch-mode', '--quiet', '--file', pomFile(), ...copy],
        directory,
        environment: { ...environment, HOME: environment['HOME'] ?? home },
      },
      by.progress,
      by.abandon,
    );
    await archiveClasses(java, directory);
    const draft = `${target}.draft`;
    writeFileSync(draft, startScript(java, directory), { mode: 0o755 });
    renameSync(draft, target);
  });
  return target;
}

/** `exec`, because the SDK ends the server by the pid that it started. A JVM that cannot use the archive does without. */
function startScript(java: string, directory: string): string {
  const argv = [
    java,
    ...JVM_FLAGS,
    `-XX:SharedArchiveFile=${join(directory, ARCHIVE)}`,
    ...program(directory),
  ];
  const quoted = argv.map((text) => `'${text.replaceAll("'", String.raw`'\''`)}'`);
  return `#!/bin/sh\nexec ${quoted.join(' ')} "$@"\n`;
}

/** Runs the server once and keeps its loaded classes, which halves every later start. Best effort. */
async function archiveClasses(java: string, directory: string): Promise<void> {
  const archive = `-XX:ArchiveClassesAtExit=${join(directory, ARCHIVE)}`;
  await onFreePorts([undefined], async ([port = 0]) => {
    const child = spawn(java, [...JVM_FLAGS, archive, ...program(directory), String(port)], {
      stdio: 'ignore',
    });
    const ended = new AbortController();
    child.once('exit', () => ended.abort()).once('error', () => ended.abort());
    const kill = setTimeout(() => child.kill('SIGKILL'), ARCHIVE_WITHIN_MS);
    while (!ended.signal.aborted && (await isFree(port))) await delay(POLL_MS);
    child.kill('SIGTERM');
    while (!ended.signal.aborted) await delay(POLL_MS);
    clearTimeout(kill);
  });
}

function program(directory: string): string[] {
  return ['-cp', join(directory, 'lib', '*'), MAIN];
}

function pomFile(): string {
  return join(packageRoot(), 'tools', 'test-server', 'pom.xml');
}
