import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { makeProgram } from '../src/cli/program.js';
import { CONFIG_VARIABLES, MARKER_VARIABLES } from '../src/config/variables.js';
import { SEARCH_ATTRIBUTE_NAMES } from '../src/contract/memo.js';
import { MESSAGES } from '../src/contract/messages.js';
import { QUEUE_MESSAGES } from '../src/contract/queue-workflow.js';
import { WORKFLOW_TYPES } from '../src/contract/run-workflow.js';
import { CONTRACT_VERSION } from '../src/contract/start-request.js';
import { hostTaskQueue, SHARED_TASK_QUEUE } from '../src/contract/task-queues.js';
import { TICKET_MESSAGES } from '../src/contract/ticket-workflow.js';
import {
  mirrorWorkflowId,
  queueWorkflowId,
  runWorkflowId,
  ticketWorkflowId,
} from '../src/contract/workflow-id.js';
import { compileDefinition } from '../src/core/definition/compile.js';
import { ISSUE_CODES } from '../src/core/definition/issue.js';
import { ERROR_CODES } from '../src/core/errors.js';
import type { HostId, RunId, WorkingPath } from '../src/core/ids.js';
import { OPEN_RUN, CLOSE_RUN } from '../workflows/activity-options.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const contract = read('docs/contract.md');
const errors = read('docs/errors.md');
const readme = read('README.md');

/** Text of one section, without its sub-sections' headings. */
function section(document: string, heading: string): string {
  const begin = document.indexOf(`\n## ${heading}\n`);
  expect(begin, `there is a section ${heading}`).toBeGreaterThanOrEqual(0);
  const end = document.indexOf('\n## ', begin + 1);
  return document.slice(begin, end === -1 ? undefined : end);
}

/** Cells of the tables of a text, headings apart. */
function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s|-]+\|$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
    .filter((_cells, index, all) => index !== 0 && all.length > 1);
}

const codeIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
const firstCode = (cells: string[]): string => codeIn(cells[0]!)[0]!;
const column = (heading: string): string[] => rows(section(contract, heading)).map(firstCode);

/** Names of the members of an interface, as its source has them. */
function membersOf(file: string, name: string): string[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest);
  const found = source.statements.filter(ts.isInterfaceDeclaration).find((one) => one.name.text === name);
  return (found?.members ?? []).flatMap((member) =>
    member.name && ts.isIdentifier(member.name) ? [member.name.text] : [],
  );
}

describe('docs/contract.md', () => {
  it('names the version of the contract', () => {
    expect(contract).toContain(`\`CONTRACT_VERSION\` is ${CONTRACT_VERSION}.`);
  });

  it('lists the workflow types in use, and says of the others that they are reserved', () => {
    const inUse = rows(section(contract, 'Workflow types')).filter((cells) => cells[2] === 'in use');
    expect(inUse.map(firstCode)).toEqual(Object.values(WORKFLOW_TYPES));
  });

  it('gives workflow IDs and task queues the form that the code gives them', () => {
    const vectors = rows(section(contract, 'Temporal workflow IDs')).filter(
      (cells) => cells.length === 3 && cells[1]?.startsWith('`/'),
    );
    expect(vectors.length).toBeGreaterThan(0);
    for (const [hostId, path, id] of vectors.map((cells) => cells.map((cell) => codeIn(cell)[0]!))) {
      expect(runWorkflowId(hostId as HostId, path as WorkingPath)).toBe(id);
      expect(queueWorkflowId(hostId as HostId, path as WorkingPath)).toBe(id!.replace('run.', 'queue.'));
    }
    expect(contract).toContain(`\`${mirrorWorkflowId('<run id>' as RunId, '<fence token>')}\``);
    expect(contract).toContain(`\`${ticketWorkflowId('<run id>' as RunId)}\``);
    expect(column('Task queues')).toEqual([
      hostTaskQueue('<host id>' as HostId, 0).replace(/0$/, '<uid>'),
      SHARED_TASK_QUEUE,
    ]);
  });

  it.each([
    ['Start request', 'src/contract/start-request.ts', 'StartRequest'],
    ['Memo', 'src/contract/memo.ts', 'RunMemo'],
    ['Owner of a box', 'src/ports/box.ts', 'BoxOwner'],
    ['Activities', 'src/contract/activities.ts', 'Activities'],
  ])('%s: has the members of the interface', (heading, file, name) => {
    expect(column(heading)).toEqual(membersOf(file, name));
  });

  it('lists search attributes, messages and markers', () => {
    expect(column('Search attributes')).toEqual(SEARCH_ATTRIBUTE_NAMES);
    expect(new Set(column('Messages'))).toEqual(new Set(Object.values(MESSAGES)));
    expect(column('Marker variables')).toEqual(MARKER_VARIABLES);
  });

  it.each([
    ['decide', 'DecideMessage', 'DecideAnswer'],
    ['cancelRun', 'CancelMessage', 'CancelAnswer'],
    ['describeRun', null, 'RunDescription'],
  ])('the message %s has the members of its interfaces', (message, question, answer) => {
    const cells = rows(section(contract, 'Messages')).find((one) => firstCode(one) === message)!;
    const members = (name: string | null) =>
      name === null ? [] : membersOf('src/contract/messages.ts', name);
    expect(codeIn(cells[2]!)).toEqual(members(question));
    expect(codeIn(cells[3]!)).toEqual(members(answer));
  });

  it.each([
    ['enter', 'src/core/queue/queue-state.ts', 'QueueEntry', null],
    ['answer', 'src/contract/queue-workflow.ts', 'AnswerMessage', null],
    ['describeQueue', 'src/contract/queue-workflow.ts', null, 'QueueDescription'],
    ['turn', 'src/contract/ticket-workflow.ts', 'TurnMessage', null],
    ['leaveQueue', 'src/contract/ticket-workflow.ts', 'LeaveMessage', 'LeaveAnswer'],
    ['describeTicket', 'src/contract/ticket-workflow.ts', null, 'TicketDescription'],
  ])(
    'the message %s of queues and tickets has the members of its interfaces',
    (message, file, question, answer) => {
      const table = rows(section(contract, 'Queues and tickets'));
      const cells = table.find((one) => firstCode(one) === message)!;
      const members = (name: string | null) => (name === null ? [] : membersOf(file, name));
      expect(codeIn(cells[3]!)).toEqual(members(question));
      if (answer !== null) expect(codeIn(cells[4]!)).toEqual(members(answer));
    },
  );

  it('lists the messages of queues and tickets, and what they ask of the shared task queue', () => {
    expect(new Set(column('Queues and tickets').filter(Boolean))).toEqual(
      new Set([
        ...Object.values(QUEUE_MESSAGES),
        ...Object.values(TICKET_MESSAGES),
        ...membersOf('src/contract/queue-activities.ts', 'QueueActivities'),
      ]),
    );
  });

  it('gives the fixed activity ids', () => {
    const ids = new Map(
      rows(section(contract, 'Activities')).map((cells) => [firstCode(cells), codeIn(cells[1]!)[0]]),
    );
    expect(ids.get('openRun')).toBe(OPEN_RUN.activityId);
    expect(ids.get('closeRun')).toBe(CLOSE_RUN.activityId);
  });

  it('lists tables and columns of the schema signalbox as the migrations leave them', () => {
    const folder = 'src/adapters/postgres/migrations';
    const sql = readdirSync(join(ROOT, folder))
      .sort()
      .map((file) => read(join(folder, file)))
      .join('\n');
    const created = [...sql.matchAll(/CREATE TABLE signalbox\.(\w+) \(\n(.*?)\n\);/gs)].map(
      ([, table, body]) => [
        table!,
        [...body!.matchAll(/^ {2}([a-z][a-z_0-9]*) /gm)].map((match) => match[1]!),
      ],
    );
    for (const [, table, column] of sql.matchAll(/^ALTER TABLE signalbox\.(\w+) ADD COLUMN (\w+) /gm)) {
      const columns = created.find(([name]) => name === table)![1] as string[];
      columns.push(column!);
    }
    const items = section(contract, 'Tables of the schema `signalbox`').split('\n- ').slice(1);
    const documented = items.map((item) => {
      const [table, ...columns] = codeIn(item.split('\n\n')[0]!);
      return [table, columns];
    });
    expect(documented).toEqual(created);
    expect(sql).not.toMatch(/ALTER TABLE (?!remote_agent_workflow_events\b|signalbox\.\w+ ADD COLUMN )/);
  });

  it('lists every error code beside the exit code that it leads to', () => {
    const documented = section(contract, 'Error codes')
      .split('\n- ')
      .slice(1)
      .flatMap((item) => codeIn(item).map((code) => [code, Number(/^Exit (\d+)/.exec(item)![1])]));
    const table = Object.entries(ERROR_CODES).map(([code, { exitCode }]) => [code, exitCode]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(table));
  });
});

describe('docs/errors.md', () => {
  const exits = [...errors.matchAll(/^## .*\(exit (\d+)\)$/gm)];
  const entries = exits.flatMap(({ 0: heading, 1: exit, index }) => {
    const end = errors.indexOf('\n## ', index + heading.length);
    return errors
      .slice(index, end)
      .split('\n### ')
      .slice(1)
      .map((entry) => ({
        code: codeIn(entry)[0]!,
        exit: Number(exit),
        text: entry.slice(entry.indexOf('\n')).trim(),
      }));
  });
  const issues = section(errors, 'Issues of a workflow file')
    .split('\n### ')
    .slice(1)
    .map((entry) => ({ code: codeIn(entry)[0]!, text: entry.slice(entry.indexOf('\n')).trim() }));

  it('explains every error code under its exit code, and no other', () => {
    const table = Object.entries(ERROR_CODES).map(([code, { exitCode }]) => [code, exitCode]);
    expect(Object.fromEntries(entries.map(({ code, exit }) => [code, exit]))).toEqual(
      Object.fromEntries(table),
    );
    expect(entries).toHaveLength(table.length);
  });

  it('says which errors may be tried again unchanged', () => {
    const again = entries.filter(({ text }) => text.startsWith('_again_')).map(({ code }) => code);
    const retried = Object.entries(ERROR_CODES)
      .filter(([, { retry }]) => retry)
      .map(([code]) => code);
    expect(again.sort()).toEqual(retried.sort());
  });

  it('explains every issue of a workflow file, and no other', () => {
    expect(issues.map(({ code }) => code)).toEqual(Object.keys(ISSUE_CODES));
  });

  it('says what happened and what to do about each', () => {
    for (const { code, text } of [...entries, ...issues]) expect(text.length, code).toBeGreaterThan(40);
  });
});

const DOCUMENTS = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

describe.each(DOCUMENTS)('%s', (document) => {
  const text = read(document);

  it('has links that lead somewhere', () => {
    const links = [...text.matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map((match) => match[1]!);
    const local = links.filter((link) => !/^https?:/.test(link));
    expect(local.filter((link) => !existsSync(join(ROOT, dirname(document), link)))).toEqual([]);
  });

  it('names only environment variables that signalbox reads or sets', () => {
    const known = [...CONFIG_VARIABLES.map(({ name }) => name), ...MARKER_VARIABLES];
    const named = [...text.matchAll(/\b(?:SIGNALBOX|TEMPORAL|ARCHON|XDG)_[A-Z_]+\b(?!`?\s*\|)/g)].map(
      (match) => match[0],
    );
    expect(named.filter((name) => !known.includes(name) && !(name in ERROR_CODES))).toEqual([]);
  });

  it('names only commands that exist', () => {
    const commands = makeProgram('0', () => undefined).commands.map((command) => command.name());
    const pieces = [...text.matchAll(/```.*?```|`[^`\n]+`/gs)].map((match) => match[0]);
    const named = pieces.flatMap((piece) =>
      [...piece.matchAll(/\bsignalbox(?:\.js)? ([a-z]+)/g)].map((match) => match[1]!),
    );
    expect(named.filter((name) => !commands.includes(name) && name !== 'help')).toEqual([]);
  });
});

describe('README.md', () => {
  it('takes at most 120 lines', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(120);
  });

  it('names npm scripts that exist, whose programs exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [
      ...new Set([...readme.matchAll(/npm (?:run )?([a-z]+)/g)].map((match) => match[1]!)),
    ].filter((name) => name !== 'and');
    expect(named).toEqual(expect.arrayContaining(['demo', 'test', 'bench']));
    for (const name of named) {
      const program = /^node (\S+)/.exec(scripts[name] ?? '')?.[1];
      expect(program, `npm run ${name}`).toBeDefined();
      expect(existsSync(join(ROOT, program!)), program).toBe(true);
    }
  });

  it('shows a workflow that compiles without a warning', () => {
    const yaml = /```yaml\n(.*?)```/s.exec(readme)![1]!;
    const compilation = compileDefinition({ file: 'hello.yaml', text: yaml });
    expect(compilation).toMatchObject({ kind: 'compiled', warnings: [] });
    expect(yaml.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  });

  it('makes the promise, and says how it is kept, and where only as well as it goes', () => {
    const plain = readme.replace(/\n> /g, ' ').replace(/\s+/g, ' ');
    expect(plain).toContain(
      'at any instant at most one run that may write there has living processes descended from its nodes, whatever dies, hangs, or is clicked',
    );
    expect(plain).toContain('a PID namespace that nothing escapes and that dies with its worker');
    expect(plain).toContain("at level 3, process groups and a search for the run's marker, best effort");
  });
});

describe('examples', () => {
  const files = readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.yaml'),
  );

  it.each(files)('%s compiles without a warning', (file) => {
    const compilation = compileDefinition({ file, text: read(join('examples', file)) });
    expect(compilation).toMatchObject({ kind: 'compiled', warnings: [] });
  });
});

describe('the words of the glossary', () => {
  /** Of the words that the glossary refuses, those that never have another meaning in a name of ours. */
  const REFUSED = ['dag', 'job', 'stage', 'mutex', 'manager', 'provider', 'utils', 'helpers', 'common'];
  const sources = ['src', 'workflows', 'activities', 'worker'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file)),
  );
  const wordsOf = (name: string): string[] =>
    name.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).map((word) => word.toLowerCase());

  it.each(REFUSED)('no file and nothing exported is called %s', (word) => {
    const names = sources.flatMap((file) => [
      ...file.split('/'),
      ...[...read(file).matchAll(/^export (?:async )?(?:const|function|class|interface|type) (\w+)/gm)].map(
        (match) => match[1]!,
      ),
    ]);
    expect(names.filter((name) => wordsOf(name).includes(word))).toEqual([]);
  });
});
