import type { ApprovalNode, LoopGroupNode } from '../definition/definition.js';
import { RunError } from '../errors.js';
import { isJsonObject } from '../json.js';
import { choicesAt } from '../run/gate.js';
import type { GateAnswer } from '../run/run-state.js';
import type { StubValue } from './stub-value.js';

const BY = 'dry run';

/**
 * What a dry run answers at a gate: the decision that its stub names, alone or as `{ decision, text }`; without a
 * stub it approves.
 * @throws RunError `USAGE` the gate knows no such decision
 */
export function answerFor(gate: ApprovalNode | LoopGroupNode, stub: StubValue | undefined): GateAnswer {
  const { decision, text } = readStub(stub);
  const choices = choicesAt(gate);
  if (choices.includes(decision)) return { decision, text, by: BY };
  throw new RunError(
    'USAGE',
    `the stub of gate '${gate.id}' decides '${decision}', which it does not know; choose one of: ${choices.join(', ')}`,
  );
}

function readStub(stub: StubValue | undefined): { readonly decision: string; readonly text: string | null } {
  if (stub === undefined) return { decision: 'approve', text: null };
  if (!isJsonObject(stub)) return { decision: inWords(stub), text: null };
  const { decision, text } = stub;
  return { decision: inWords(decision ?? stub), text: typeof text === 'string' ? text : null };
}

const inWords = (value: StubValue): string => (typeof value === 'string' ? value : JSON.stringify(value));
