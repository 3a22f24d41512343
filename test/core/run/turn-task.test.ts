import { describe, expect, it } from 'vitest';
import { writeOutTurn } from '../../../src/core/run/turn-task.js';
import type { Scope } from '../../../src/core/run/task.js';
import { anOutput, nodeId } from '../../support/builders.js';

const scope: Scope = {
  variables: { WORKFLOW_ID: 'r1', BASE_BRANCH: 'main' },
  inputs: { mode: 'fast' },
  nodes: { [nodeId('a')]: { state: 'completed', output: anOutput("it's $ARGUMENTS & $b.output") } },
};
const environment = { ARGUMENTS: 'do $a.output', LOOP_PREV_OUTPUT: 'the beginn', BASE_BRANCH: '' };

const written = (
  prompt: string,
  over: Partial<Parameters<typeof writeOutTurn>[0]> = {},
  previousOutput?: string,
) =>
  writeOutTurn({ settings: {}, environment, ...over }, prompt, {
    scope,
    ...(previousOutput === undefined ? {} : { previousOutput }),
  });

describe('what an agent is told', () => {
  it.each([
    ['$ARGUMENTS', 'do $a.output'],
    ['$a.output', "it's $ARGUMENTS & $b.output"],
    ['$WORKFLOW_ID on $BASE_BRANCH, $INPUTS.mode', 'r1 on main, fast'],
    ['[$REJECTION_REASON$CONTEXT]', '[]'],
    ['${ARGUMENTS} costs $5 and `$&`', '${ARGUMENTS} costs $5 and `$&`'],
  ])('has everything filled in once, unquoted: %s', (template, expected) => {
    expect(written(template).prompt).toBe(expected);
  });

  it('has the whole of what the turn before gave out, however long', () => {
    expect(written('<$LOOP_PREV_OUTPUT>').prompt).toBe('<the beginn>');
    expect(written('<$LOOP_PREV_OUTPUT>', {}, 'the beginning and the end').prompt).toBe(
      '<the beginning and the end>',
    );
  });

  it('reads what `with` binds as inputs, before those of the run', () => {
    const bindings = {
      mode: { kind: 'template', text: 'as $a.output' },
      list: { kind: 'literal', value: [1, 2] },
    } as const;
    expect(written('$INPUTS.mode $INPUTS.list', { bindings }).prompt).toBe(
      "as it's $ARGUMENTS & $b.output [1,2]",
    );
  });

  it('has its settings filled in, too, where they are texts', () => {
    const settings = {
      model: '$ARGUMENTS',
      systemPrompt: 'Mode: $INPUTS.mode',
      agents: { helper: { description: 'd $INPUTS.mode', prompt: 'p $ARGUMENTS', model: 'm' } },
    };
    expect(written('x', { settings }).settings).toEqual({
      model: '$ARGUMENTS',
      systemPrompt: 'Mode: fast',
      agents: { helper: { description: 'd fast', prompt: 'p do $a.output', model: 'm' } },
    });
  });

  it('is not told at all where it reads what has no value', () => {
    expect(() => written('$INPUTS.nothing')).toThrow(
      expect.objectContaining({ code: 'REFERENCE_UNRESOLVED' }),
    );
  });
});
