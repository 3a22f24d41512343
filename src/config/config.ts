import { homedir, userInfo } from 'node:os';
import { isAbsolute, join, normalize } from 'node:path';
import { z } from 'zod';
import { parseDuration } from '../core/duration.js';
import { RunError } from '../core/errors.js';
import { nearestName } from '../core/nearest-name.js';
import { CONFIG_VARIABLES, MARKER_VARIABLES } from './variables.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Everything that signalbox takes from its environment: validated, frozen, paths absolute. Null: unset. */
export interface Config {
  /** `$SIGNALBOX_HOME`. */
  readonly home: string;
  /** `$XDG_STATE_HOME/signalbox`: what this user's processes agree on, whatever `home` they were started with. */
  readonly stateDirectory: string;
  /** `$ARCHON_HOME`: global workflows, and what runs leave behind. */
  readonly archonHome: string;
  readonly hostId: string | null;
  readonly temporalCliPath: string | null;
  readonly testServerPath: string | null;
  readonly bashPath: string | null;
  /** How many nodes a worker runs at once. */
  readonly maxNodes: number | null;
  /** Weakest containment level (highest number) that is accepted. */
  readonly weakestContainment: 1 | 2 | 3 | 4;
  readonly graceMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly logLevel: LogLevel;
  /** PostgreSQL of the user's own; null: the embedded one. */
  readonly databaseUrl: string | null;
  readonly temporal: {
    /** A Temporal of the user's own, described by the environment (`@temporalio/envconfig` reads it whole). */
    readonly isExternal: boolean;
    readonly address: string | null;
  };
  /** Running under CI: nobody is asked. */
  readonly isCi: boolean;
  readonly user: string;
  /** A copy of the whole environment, for the nodes of runs that this process starts. */
  readonly environment: Readonly<Record<string, string>>;
  /** Sentences about variables that have no effect. */
  readonly warnings: readonly string[];
}

const MINIMUM_HEARTBEAT_MS = 5_000;

const optional = <Schema extends z.ZodType>(schema: Schema) =>
  schema.optional().transform((value) => value ?? null);
const text = z.string();

const path = text
  .refine(isAbsolute, 'is not an absolute path (a tilde is not expanded here)')
  .transform((value) => normalize(value).replace(/(?<=.)\/+$/, ''));

const duration = (least: number) =>
  text.transform((value, context) => {
    const ms = parseDuration(value);
    if (ms !== null && ms >= least) return ms;
    context.addIssue({
      code: 'custom',
      message: `is no duration of at least ${least} ms (write it like 500ms, 5s, 10m or 1h30m)`,
    });
    return z.NEVER;
  });

const postgresUrl = text.refine(
  (value) => URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol),
  'is no PostgreSQL address (postgres://user:password@host:port/database)',
);

const SCHEMA = z.object({
  SIGNALBOX_HOME: optional(path),
  SIGNALBOX_HOST_ID: optional(text),
  SIGNALBOX_TEMPORAL_CLI: optional(path),
  SIGNALBOX_TEST_SERVER: optional(path),
  SIGNALBOX_BASH: optional(path),
  SIGNALBOX_REQUIRE_CONTAINMENT: optional(
    z
      .enum(['1', '2', '3', '4'], 'is none of 1, 2, 3, 4')
      .transform((level) => Number(level) as 1 | 2 | 3 | 4),
  ),
  SIGNALBOX_GRACE: optional(duration(0)),
  SIGNALBOX_HEARTBEAT_TIMEOUT: optional(duration(MINIMUM_HEARTBEAT_MS)),
  SIGNALBOX_LOG_LEVEL: optional(
    z.enum(['debug', 'info', 'warn', 'error'], 'is none of debug, info, warn, error'),
  ),
  SIGNALBOX_MAX_NODES: optional(
    text.regex(/^[1-9]\d{0,3}$/, 'is no number from 1 to 9999').transform(Number),
  ),
  ARCHON_HOME: optional(path),
  DATABASE_URL: optional(postgresUrl),
  TEMPORAL_ADDRESS: optional(
    text.regex(/^[^\s/:]+:\d{1,5}$|^\[[\da-fA-F:]+\]:\d{1,5}$/, 'is no address of the form host:port'),
  ),
});

type Environment = Readonly<Record<string, string | undefined>>;

/** Empty means unset, but for the identity of the host, where a lost value must not pass for another host. */
function withoutEmpty(environment: Environment): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (entry[1] !== '' || entry[0] === 'SIGNALBOX_HOST_ID'),
  );
  return Object.fromEntries(kept);
}

function parse(variables: Record<string, string>): z.infer<typeof SCHEMA> {
  const parsed = SCHEMA.safeParse(variables);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const message = issue.code === 'invalid_union' ? issue.errors.at(-1)?.[0]?.message : issue.message;
    return { variable: String(issue.path[0]), message: message ?? 'cannot be read' };
  });
  throw new RunError(
    'CONFIG_INVALID',
    `the environment cannot be used:\n${faults.map((fault) => `  ${fault.variable} ${fault.message}`).join('\n')}\nCorrect or unset what is named`,
    { faults },
  );
}

function warningsOf(variables: Record<string, string>, hasOwnTemporal: boolean): string[] {
  const known = [...CONFIG_VARIABLES.map((variable) => variable.name), ...MARKER_VARIABLES];
  const unknown = Object.keys(variables)
    .filter((name) => name.startsWith('SIGNALBOX_') && !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      return `${name} is no variable of signalbox and has no effect${nearest === null ? '' : `; did you mean ${nearest}?`}`;
    });
  const idle = Object.keys(variables)
    .filter((name) => /^TEMPORAL_(API_KEY|NAMESPACE|TLS.*|GRPC_META_.*)$/.test(name) && !hasOwnTemporal)
    .map((name) => `${name} has no effect without TEMPORAL_ADDRESS: the embedded Temporal is used`);
  return [...unknown, ...idle];
}

/** A relative path counts as none: so the XDG base directory specification wants it. */
function stateHome(variables: Record<string, string>, userHome: string): string {
  const named = variables['XDG_STATE_HOME'];
  return named !== undefined && isAbsolute(named) ? normalize(named) : join(userHome, '.local', 'state');
}

function userName(variables: Record<string, string>): string {
  const named = variables['USER'] ?? variables['LOGNAME'];
  if (named !== undefined) return named;
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/**
 * Reads the environment: called once, by a composition root.
 * @throws RunError `CONFIG_INVALID` with every fault
 */
export function readConfig(environment: Environment = process.env): Config {
  const variables = withoutEmpty(environment);
  const values = parse(variables);
  const userHome = variables['HOME'] ?? homedir();
  const hasOwnTemporal = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'].some(
    (name) => variables[name] !== undefined,
  );
  return Object.freeze({
    home: values.SIGNALBOX_HOME ?? join(userHome, '.signalbox'),
    stateDirectory: join(stateHome(variables, userHome), 'signalbox'),
    archonHome: values.ARCHON_HOME ?? join(userHome, '.archon'),
    hostId: values.SIGNALBOX_HOST_ID,
    temporalCliPath: values.SIGNALBOX_TEMPORAL_CLI,
    testServerPath: values.SIGNALBOX_TEST_SERVER,
    bashPath: values.SIGNALBOX_BASH,
    maxNodes: values.SIGNALBOX_MAX_NODES,
    weakestContainment: values.SIGNALBOX_REQUIRE_CONTAINMENT ?? 4,
    graceMs: values.SIGNALBOX_GRACE ?? 5_000,
    heartbeatTimeoutMs: values.SIGNALBOX_HEARTBEAT_TIMEOUT ?? 300_000,
    logLevel: values.SIGNALBOX_LOG_LEVEL ?? 'info',
    databaseUrl: values.DATABASE_URL,
    temporal: Object.freeze({
      isExternal: hasOwnTemporal,
      address: values.TEMPORAL_ADDRESS,
    }),
    isCi: variables['CI'] !== undefined,
    user: userName(variables),
    environment: Object.freeze({ ...definedOnly(environment) }),
    warnings: Object.freeze(warningsOf(variables, hasOwnTemporal)),
  });
}

function definedOnly(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
