import { describe, expect, it } from 'vitest';
import { checkSubruns, type SubrunLibrary } from '../../../src/core/authoring/check-subruns.js';
import { linkWorkflows, parseWorkflow } from '../../../src/core/definition/compile.js';

const file = (name: string, nodes: string, keys = ''): string =>
  `name: ${name}\ndescription: d\n${keys}nodes:\n${nodes}`;
const runs = (name: string, ...targets: readonly string[]): string =>
  file(name, targets.map((target, index) => `  - id: n${index}\n    workflow: ${target}\n`).join(''));

/** What is told of the first of several files that know each other, as `line:column CODE: message; hint`. */
function told(...texts: readonly string[]): readonly string[] {
  const parsed = texts.map((text, index) => parseWorkflow({ file: `${index}.yaml`, text }));
  const definitions = linkWorkflows(parsed, () => null).flatMap((one) =>
    one.kind === 'compiled' ? [one.definition] : [],
  );
  const library: SubrunLibrary = (target) => {
    const definition = definitions.find(({ name }) => name === target);
    if (definition !== undefined) return { kind: 'usable', definition };
    return parsed.some(({ name }) => name === target)
      ? { kind: 'refused', name: target, fault: 'its fault' }
      : { kind: 'none', problem: 'is no workflow', hint: 'add it' };
  };
  const [first] = parsed;
  if (first === undefined || first.draft === null) throw new Error('it cannot be read');
  const issues = first.issues.empty();
  const own = definitions.find(({ name }) => name === first.name) ?? null;
  checkSubruns(first.draft.nodes, { from: first.name ?? '', own, library, issues });
  return issues.told().map(({ line, column, code, severity, message, hint }) => {
    return `${line}:${column} ${code}${severity === 'error' ? '!' : ''}: ${message}; ${hint}`;
  });
}

const DONE = '  - id: only\n    bash: "true"\n';

describe('the target of a sub-run', () => {
  it('that is no workflow is told', () => {
    expect(told(runs('a', 'b'))).toEqual([
      "5:15 SUBRUN_NOT_FOUND!: 'workflow' names 'b', which is no workflow; add it",
    ]);
  });

  it('that cannot be used itself is told, with what is wrong there', () => {
    expect(told(runs('a', 'b'), file('b', '  - id: x\n    bash: ""\n'))).toEqual([
      "5:15 SUBRUN_REFUSED!: the workflow 'b' cannot be used itself; mend it: its fault",
    ]);
  });

  it('that leads back to its workflow is told, with the way', () => {
    expect(told(runs('a', 'b'), runs('b', 'c'), runs('c', 'a'))).toEqual([
      '5:15 SUBRUN_CYCLE!: a workflow may not run itself: a → b → c → a; repeat with a loop_group, or end the chain further up',
    ]);
    expect(told(runs('a', 'a'))).toEqual([
      expect.stringContaining('SUBRUN_CYCLE!: a workflow may not run itself: a → a'),
    ]);
  });

  it('that leads to one that runs itself is told, with which', () => {
    expect(told(runs('a', 'b'), runs('b', 'c'), runs('c', 'd'), runs('d', 'c'))).toEqual([
      "5:15 SUBRUN_REFUSED!: the workflow 'c' cannot be used itself; mend it: a workflow may not run itself: c → d → c",
    ]);
    expect(told(runs('a', 'b'), runs('b', 'b'))).toEqual([
      expect.stringContaining("SUBRUN_REFUSED!: the workflow 'b' cannot be used itself"),
    ]);
  });

  it('that an include brings along, and that leads back, is told at the include', () => {
    const outer = file('a', '  - id: inc\n    include: b\n');
    expect(told(outer, runs('b', 'a'))).toEqual([
      expect.stringContaining('5:14 SUBRUN_CYCLE!: a workflow may not run itself: a → a'),
    ]);
  });

  it('may be five deep, and no deeper', () => {
    const chain = [runs('a', 'b'), runs('b', 'c'), runs('c', 'd'), runs('d', 'e'), runs('e', 'f')];
    expect(told(...chain, file('f', DONE))).toEqual([]);
    expect(told(...chain, runs('f', 'g'), file('g', DONE))).toEqual([
      '5:15 SUBRUN_TOO_DEEP!: sub-runs nest deeper than 5: a → b → c → d → e → f → g; include one of these workflows instead of running it',
    ]);
  });
});

describe('the inputs of a sub-run', () => {
  const CHILD = file('b', DONE, 'inputs:\n  branch: { required: true }\n  speed: { default: 1 }\n');

  it('that it does not declare, or lacks, are told', () => {
    expect(told(file('a', '  - id: n\n    workflow: b\n    with: { brunch: main }\n'), CHILD)).toEqual([
      "5:15 INPUT_MISSING!: the workflow 'b' needs the input 'branch'; add with: {branch: …}",
      "6:21 INPUT_UNKNOWN!: the workflow 'b' declares no input 'brunch'; it has branch, speed",
    ]);
  });

  it('may come from the items of a fan-out', () => {
    const fanOut = (as: string): string =>
      file(
        'a',
        `  - id: n\n    workflow: b\n    isolation: worktree\n    fan_out: { items: "[1]", as: ${as} }\n`,
      );
    expect(told(fanOut('branch'), CHILD)).toEqual([]);
    expect(told(fanOut('brunch'), CHILD)).toEqual([
      expect.stringContaining('5:15 INPUT_MISSING!'),
      expect.stringContaining("7:34 INPUT_UNKNOWN!: the workflow 'b' declares no input 'brunch'"),
    ]);
  });
});

describe('a fan-out in one checkout', () => {
  const fanOut = (keys: string, more = ''): string =>
    file('a', `  - id: n\n    workflow: b\n    fan_out: { items: "[1]"${keys} }\n${more}`);

  it('whose sub-runs would change it side by side is told', () => {
    expect(told(fanOut(''), file('b', DONE))).toEqual([
      expect.stringContaining("6:5 FAN_OUT_IN_PLACE: up to 5 runs of 'b' at once would change one checkout"),
    ]);
  });

  it.each([
    ['one after the other', fanOut(', max_parallel: 1'), file('b', DONE)],
    ['each with a worktree', fanOut('', '    isolation: worktree\n'), file('b', DONE)],
    ['that change nothing', fanOut(''), file('b', DONE, 'mutates_checkout: false\n')],
  ])('may be made of sub-runs %s', (_, ...texts) => {
    expect(told(...texts)).toEqual([]);
  });
});
