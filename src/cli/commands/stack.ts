import type { StackEndpoints, StackPart } from '../../ports/stack.js';
import type { JsonObject } from '../../core/json.js';
import type { CliContext, Command } from '../context.js';
import { oneLine, table, utc } from '../render/text.js';

const tellTo =
  ({ err }: CliContext) =>
  (line: string): void =>
    err.write(`${oneLine(line, 1000)}\n`);

/** Brings up what of the stack is ours. */
export const up: Command = async (context) => {
  const stack = await context.services.stack();
  const endpoints = await stack.up(tellTo(context));
  return { exitCode: 0, json: endpointsJson(endpoints), text: renderEndpoints(endpoints) };
};

/** Ends every process of the stack. Data stays. */
export const down: Command = async (context) => {
  const stack = await context.services.stack();
  const before = await stack.ps();
  await stack.down(tellTo(context));
  const isNothing = before.every((part) => part.pid === null);
  return {
    exitCode: 0,
    json: { parts: (await stack.ps()).map(partJson) },
    text: isNothing ? 'the local stack was down already' : '✓ the local stack is down; its data stays',
  };
};

/** The stack's parts as they are. */
export const ps: Command = async (context) => {
  const stack = await context.services.stack();
  const parts = await stack.ps();
  const endpoints = await stack.endpoints();
  const rows = parts.map((part) => [
    part.name,
    part.state,
    part.pid === null ? '-' : String(part.pid),
    part.address ?? '-',
    part.since === null ? '-' : utc(part.since),
    String(part.restarts),
    oneLine(part.detail),
  ]);
  const head = ['PART', 'STATE', 'PID', 'ADDRESS', 'SINCE', 'RESTARTS', ''];
  return {
    exitCode: 0,
    json: {
      parts: parts.map(partJson),
      endpoints: endpoints === null ? null : endpointsJson(endpoints),
    },
    text: [
      rows.length === 0 ? 'the local stack is down (signalbox up brings it up)' : table([head, ...rows]),
      ...(endpoints === null ? [] : [renderEndpoints(endpoints)]),
    ].join('\n'),
  };
};

function partJson(part: StackPart): JsonObject {
  return { ...part };
}

function endpointsJson({ temporal, database }: StackEndpoints): JsonObject {
  return {
    temporal: { ...temporal },
    database: { address: withoutPassword(database.url), embedded: database.embedded },
  };
}

function renderEndpoints({ temporal, database }: StackEndpoints): string {
  return table([
    ['Temporal', temporal.address, `namespace ${temporal.namespace}`],
    ...(temporal.uiUrl === null ? [] : [['Web UI', temporal.uiUrl]]),
    ['database', withoutPassword(database.url)],
  ]);
}

/** A database's address for people: passwords are for programs. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return 'a database address that cannot be read';
  const parsed = new URL(url);
  return `${parsed.protocol}//${parsed.username === '' ? '' : `${parsed.username}@`}${parsed.host}${parsed.pathname}`;
}
