import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellQuote } from '../../../src/core/expression/shell-binding.js';
import { substitute } from '../../../src/core/expression/substitute.js';
import { runBashIn, shellText } from '../../support/shell-texts.js';
import { tempDirectory } from '../../support/temp-directory.js';
import { aScope, completed } from '../expression/a-scope.js';
import { linked } from './link.js';

/** `with` of the include, and what the words around the output in it are. */
const GIVEN = [
  ['one output', '$build.output', '', ''],
  ['an output among words', 'pre-$build.output-post', 'pre-', '-post'],
] as const;

const SCRIPT = [
  "printf '%s\\0' $INPUTS.v '$INPUTS.v' x$INPUTS.v $'$INPUTS.v' \"$INPUTS.v\" \"$(printf %s '$INPUTS.v')\"",
  "cat <<'EOF'",
  '$INPUTS.v',
  'EOF',
  'cat <<EOF',
  '$INPUTS.v',
  'EOF',
];

function textOfInclude(given: string): string {
  const outer = `name: outer\ndescription: d\nnodes:\n  - {id: build, bash: b}\n  - {id: c, include: checks, depends_on: [build], with: {v: ${given}}}\n`;
  const lines = SCRIPT.map((line) => `      ${line}\n`).join('');
  const checks = `name: checks\ndescription: d\ninputs: {v: {}}\nnodes:\n  - id: a\n    bash: |\n${lines}`;
  const node = linked([outer, checks], 'outer').nodes.find(({ id }) => id === 'c__a');
  if (node?.kind !== 'bash' || node.script.kind !== 'inline') throw new Error('it is no bash node');
  return node.script.text;
}

const runBash = (script: string): string => runBashIn(tempDirectory(), script);
const value = shellText('touch pwned', '$INPUTS.v', '$build.output');

describe.each(GIVEN)('an input of an include that is %s, in a bash node', (_, given, before, after) => {
  const script = textOfInclude(given);

  it('survives every kind of quoting whatever the output is, and none of it becomes code', () => {
    fc.assert(
      fc.property(value, (raw) => {
        const output = raw.replaceAll('\0', '');
        const exact = `${before}${output}${after}`;
        const shown = `${before}${shellQuote(output)}${after}`;
        const scope = aScope({ build: completed(raw) });
        const words = [exact, exact, `x${exact}`, exact, shown, exact.replace(/\n+$/, '')];
        expect(runBash(substitute(script, 'bash', scope))).toBe(
          [...words, `${shown}\n${shown}\n`].join('\0'),
        );
      }),
      { numRuns: 150, examples: [["'; touch pwned; '"], ['$(touch pwned)'], ['EOF\ntouch pwned\n']] },
    );
  });
});
