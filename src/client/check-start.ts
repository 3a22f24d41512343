import { RunError } from '../core/errors.js';
import { isUuid } from '../core/ids.js';
import { isJsonObject } from '../core/json.js';
import { nearestName } from '../core/nearest-name.js';
import { messageFaults } from './limits.js';
import type { OnBusy, ResumeOptions, StartOptions } from './orchestrator.js';

/** Below this a busy host loses nodes that are well. */
const SHORTEST_HEARTBEAT_MS = 1_000;

type Faults = (value: unknown) => readonly string[];

const unless =
  (isGood: (value: unknown) => boolean, what: string): Faults =>
  (value) =>
    isGood(value) ? [] : [what];

const isText = (value: unknown): value is string => typeof value === 'string';
const isPlain = (value: unknown): boolean => isText(value) && !value.includes('\0');
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isGivenUuid = (value: unknown): boolean => isText(value) && isUuid(value);
const isMapOfTexts = (value: unknown): boolean => isJsonObject(value) && Object.values(value).every(isText);
const isWorkflow = (value: unknown): boolean =>
  isText(value) ||
  (isJsonObject(value) &&
    (isJsonObject(value['definition']) || (isText(value['file']) && isText(value['text']))));
const isWorker = (value: unknown): boolean =>
  isJsonObject(value) && isText(value['hostId']) && value['hostId'] !== '' && isCount(value['uid']);
const isHeartbeat = (value: unknown): boolean => isCount(value) && (value as number) >= SHORTEST_HEARTBEAT_MS;
const isGivenFlag = (value: unknown): boolean => value === undefined || isFlag(value);
const isGivenName = (value: unknown): boolean => value === undefined || isPlain(value);
const ISOLATION: Readonly<Record<string, (value: unknown) => boolean>> = {
  ...{ worktree: isGivenFlag, isDefault: isGivenFlag, branch: isGivenName, from: isGivenName },
};
const isIsolation = (value: unknown): boolean =>
  isJsonObject(value) && Object.entries(value).every(([name, one]) => ISOLATION[name]?.(one) === true);
const WAYS: readonly unknown[] = ['fail', 'wait', 'attach', 'replace'] satisfies OnBusy[];
const isOnBusy = (value: unknown): boolean => WAYS.includes(value);
const isEnvironment = (value: unknown): boolean =>
  isMapOfTexts(value) &&
  Object.entries(value as Record<string, string>).every(
    ([name, text]) => name !== '' && !/[=\0]/.test(name) && !text.includes('\0'),
  );

/** What is wrong with each option, as it continues its name. */
const START: { readonly [Key in keyof Required<StartOptions>]: Faults } = {
  workflow: unless(isWorkflow, 'is neither a name nor the file and text of a definition'),
  workingPath: unless(isPlain, 'is no path'),
  message: (value) => (isText(value) ? messageFaults(value) : ['is no text']),
  inputs: unless(isMapOfTexts, 'is no map of texts'),
  onBusy: unless(isOnBusy, `is none of ${WAYS.join(', ')}`),
  waitTimeoutMs: unless(isCount, 'is no whole number of milliseconds from 0'),
  isFolder: unless(isFlag, 'is neither true nor false'),
  isolation: unless(isIsolation, 'is no {worktree, branch, from, isDefault}'),
  baseBranch: unless(isPlain, 'is no text without NUL bytes'),
  environment: unless(isEnvironment, 'is no map of texts that programs can be given'),
  startedBy: unless(isText, 'is no text'),
  runId: unless(isGivenUuid, 'is no UUID in lower case'),
  startToken: unless(isGivenUuid, 'is no UUID in lower case'),
  graceMs: unless(isCount, 'is no whole number of milliseconds from 0'),
  heartbeatTimeoutMs: unless(isHeartbeat, `is no whole number of milliseconds from ${SHORTEST_HEARTBEAT_MS}`),
  worker: unless(isWorker, 'is no {hostId, uid}'),
};

const RESUME: { readonly [Key in keyof Required<ResumeOptions>]: Faults } = {
  runId: START.runId,
  onBusy: unless((value) => value === 'fail', 'is not fail'),
  environment: START.environment,
  startedBy: START.startedBy,
  startToken: START.startToken,
};

/**
 * Checks what a program asks for, types included: not every program is checked when it is built.
 * @throws RunError `MESSAGE_INVALID` when nothing but the message is at fault, else `USAGE`; with every fault
 */
export function checkStart(options: StartOptions): void {
  check(options, { what: 'start', known: START, required: ['workflow', 'workingPath'] });
}

/** @throws RunError `USAGE` with every fault */
export function checkResume(options: ResumeOptions): void {
  check(options, { what: 'resume', known: RESUME, required: ['runId'] });
}

interface Question {
  readonly what: 'start' | 'resume';
  readonly known: Readonly<Record<string, Faults>>;
  readonly required: readonly string[];
}

function check(options: object, { what, known, required }: Question): void {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const faults = given.flatMap(([name, value]) => faultsOf(known, name, value));
  for (const name of required) {
    if (!given.some(([one]) => one === name)) faults.push({ name, fault: `${name} is missing` });
  }
  if (faults.length === 0) return;
  const code = faults.every(({ name }) => name === 'message') ? 'MESSAGE_INVALID' : 'USAGE';
  const sentences = faults.map(({ fault }) => fault);
  throw new RunError(code, `the ${what} cannot be asked for: ${sentences.join('; ')}`, { faults: sentences });
}

function faultsOf(
  known: Question['known'],
  name: string,
  value: unknown,
): { readonly name: string; readonly fault: string }[] {
  const check = Object.hasOwn(known, name) ? known[name] : undefined;
  if (check === undefined) {
    const nearest = nearestName(name, Object.keys(known));
    const hint = nearest === null ? '' : ` (did you mean ${nearest}?)`;
    return [{ name, fault: `${name} is no option${hint}` }];
  }
  return check(value).map((fault) => ({ name, fault: `${name} ${fault}` }));
}
