import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { findWorkflow, pickWorkflow } from '../../client/pick-workflow.js';
import { faultsOfSubruns } from '../../client/source/subrun-faults.js';
import { checkMessage } from '../../client/limits.js';
import { resolveInputs } from '../../client/resolve-inputs.js';
import type { WorkflowDefinition } from '../../core/definition/definition.js';
import type { Issue } from '../../core/definition/issue.js';
import type { Work, Performed } from '../../core/dry-run/attempt.js';
import {
  defaultStub,
  nodesToStub,
  stubFile,
  type StubbedNode,
  type StubLibrary,
} from '../../core/dry-run/default-stubs.js';
import { readStubs } from '../../core/dry-run/read-stubs.js';
import { simulate } from '../../core/dry-run/simulate.js';
import { playValue, type StubValue } from '../../core/dry-run/stub-value.js';
import type { DryRun } from '../../core/dry-run/trace.js';
import { ERROR_CODES, RunError, type ErrorCode } from '../../core/errors.js';
import type { ProjectConfig } from '../../core/project-config/project-config.js';
import type { Command, CommandResult } from '../context.js';
import { renderDryRun, dryRunJson } from '../render/dry-run.js';
import { definitionRefused, issueJson, renderIssues } from '../render/issues.js';
import { plural } from '../render/text.js';
import { withCodeRunner, type RunCode } from './execute-code.js';
import { parseInputs } from './inputs.js';
import { placeOf, type PlaceOptions } from './place.js';

export interface DryRunArguments extends PlaceOptions {
  readonly workflow: string;
  /** The message; joined with spaces. */
  readonly words: readonly string[];
  readonly input: readonly string[];
  /** Files are named from where the command was called. */
  readonly stubs?: string;
  readonly stubsInit?: string;
  readonly defaultStubs?: boolean;
  readonly execCode?: boolean;
  readonly pauseAtGates?: boolean;
}

/** Goes through a workflow without running it. Touches no server, and no directory but with `--exec-code`. */
export function dryRun(args: DryRunArguments): Command {
  return async (context) => {
    const { services, caller } = context;
    const place = placeOf(caller, args);
    const catalogue = await services.catalogue(place);
    const found = pickWorkflow(catalogue, args.workflow);
    const refused = (issues: readonly Issue[]): CommandResult =>
      definitionRefused(args.workflow, issues, { workflow: args.workflow });
    if (found.kind === 'refused') return refused(found.issues);
    if (catalogue.config.kind === 'refused') return refused(catalogue.config.issues);
    const { config } = catalogue.config;
    const faults = faultsOfSubruns(catalogue, found);
    if (faults.length > 0) return refused(faults);
    const { definition } = found;
    const library = (target: string) => findWorkflow(catalogue, target)?.definition ?? null;
    if (args.stubsInit !== undefined) {
      return writeStubFile(definition, library, resolve(caller.directory, args.stubsInit));
    }
    const message = args.words.join(' ');
    checkMessage(message);
    const inputs = resolveInputs(definition, parseInputs(args.input));
    const stubs = args.stubs === undefined ? {} : await loadStubs(resolve(caller.directory, args.stubs));
    const directory = args.execCode === true ? await services.workingPath(place) : null;
    const variables = { ...VARIABLES, ...saidBy(config), USER_MESSAGE: message, ARGUMENTS: message };
    const environment = { ...caller.environment, ...config.environment };
    const dry = await withCodeRunner({ directory, environment, variables }, (runCode, known) =>
      simulate(definition, {
        inputs,
        variables: known,
        stubs,
        library,
        pausesAtGates: args.pauseAtGates === true,
        perform: performer(args.defaultStubs === true ? nodesToStub(definition, library) : [], runCode),
      }),
    );
    return resultOf(dry);
  };
}

/** What stands for what only a run has. */
const VARIABLES: Readonly<Record<string, string>> = {
  WORKFLOW_ID: 'dry-run',
  ARTIFACTS_DIR: '/dry-run/artifacts',
  STATE_DIR: '/dry-run/state',
  LOG_DIR: '/dry-run/logs',
  BASE_BRANCH: 'main',
  LOOP_USER_INPUT: '',
  LOOP_PREV_OUTPUT: '',
  REJECTION_REASON: '',
  CONTEXT: '',
  EXTERNAL_CONTEXT: '',
  ISSUE_CONTEXT: '',
};

function saidBy({ docsPath, worktree }: ProjectConfig): Readonly<Record<string, string>> {
  const { baseBranch } = worktree;
  return { DOCS_DIR: docsPath, ...(baseBranch === null ? {} : { BASE_BRANCH: baseBranch }) };
}

function performer(defaults: readonly StubbedNode[], runCode: RunCode | null) {
  return async (work: Work): Promise<Performed | null> => {
    const executed = runCode === null ? null : await runCode(work);
    if (executed !== null) return { how: 'executed', played: executed };
    const stubbed = defaults.find(({ node }) => node === work.node);
    return stubbed === undefined ? null : { how: 'default stub', played: playValue(defaultStub(stubbed)) };
  };
}

/** @throws RunError `USAGE` */
async function loadStubs(file: string): Promise<Readonly<Record<string, StubValue>>> {
  const text = await readFile(file).catch((error: unknown) => {
    throw new RunError(
      'USAGE',
      `the stub file ${file} cannot be read (${reasonOf(error)}); write one with --stubs-init`,
    );
  });
  const reading = readStubs({ file, text });
  if (reading.kind === 'read') return reading.stubs;
  const issues = reading.issues.map(issueJson);
  throw new RunError('USAGE', `the stub file cannot be used:\n${renderIssues(reading.issues)}`, { issues });
}

/** @throws RunError `USAGE` the file is there already, or cannot be written */
async function writeStubFile(
  definition: WorkflowDefinition,
  library: StubLibrary,
  file: string,
): Promise<CommandResult> {
  const nodes = nodesToStub(definition, library);
  await writeFile(file, stubFile(definition.name, nodes), { flag: 'wx' }).catch((error: unknown) => {
    throw new RunError('USAGE', `the stub file ${file} cannot be written (${reasonOf(error)}); name another`);
  });
  const nodeCount = nodes.length;
  return {
    exitCode: 0,
    json: { workflow: definition.name, file, nodeCount },
    text: `${file}: ${plural(nodeCount, 'stub')} to edit, then --dry-run --stubs ${file}`,
  };
}

function resultOf(dry: DryRun): CommandResult {
  const code = codeOf(dry);
  const text = renderDryRun(dry);
  if (code === null) return { exitCode: 0, json: dryRunJson(dry), text };
  const message = dry.reason ?? `the run would end as ${dry.outcome}`;
  return {
    exitCode: ERROR_CODES[code].exitCode,
    json: { ...dryRunJson(dry), error: { code, message } },
    text,
  };
}

function codeOf({ outcome, missingStubs }: DryRun): ErrorCode | null {
  if (outcome === 'completed' || outcome === 'paused') return null;
  if (missingStubs.length > 0) return 'STUB_MISSING';
  return outcome === 'cancelled' ? 'RUN_CANCELLED' : 'RUN_FAILED';
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
