import { describe, expect, it } from 'vitest';
import type { ApprovalNode } from '../../../src/core/definition/definition.js';
import { choicesAt, decideGate } from '../../../src/core/run/gate.js';
import { aBashNode, aDefinition, aGate } from '../../support/builders.js';

type Own = Parameters<typeof aGate>[1];

function gateOf(own: Own, readerScript = ''): ApprovalNode {
  const { nodes } = aDefinition([
    aGate('gate', own),
    aBashNode('reader', { needs: ['gate'], script: readerScript }),
  ]);
  const [gate] = nodes;
  if (gate?.kind !== 'approval') throw new Error('no gate');
  return gate;
}

const decisions = (...ids: readonly string[]) => ids.map((id) => ({ id, label: null }));
const plain = gateOf({});
const capturing = gateOf({ captureResponse: true });
const declared = gateOf({ decisions: decisions('approve', 'reject', 'later') });
const approveOnly = gateOf({ decisions: decisions('approve') });

const answer = (decision: string, text: string | null = null) => ({ decision, text, by: 'me' });
const inline = (text: string) => ({ kind: 'completed', output: { text: { kind: 'inline', text } } });
const rejected = (reason: string) => ({
  kind: 'rejected',
  cancellation: { by: 'me', reason, nodeId: 'gate' },
});

describe('what an answer makes of a gate', () => {
  it.each([
    ['plain, approve', plain, answer('approve', 'fine'), inline('')],
    ['plain, reject', plain, answer('reject', 'not yet'), rejected('not yet')],
    ['plain, reject without a reason', plain, answer('reject'), rejected('Rejected')],
    ['plain, anything else', plain, answer('later'), { kind: 'refused' }],
    ['capturing, approve', capturing, answer('approve', 'fine'), inline('fine')],
    ['capturing, approve without a comment', capturing, answer('approve'), inline('Approved')],
    ['capturing, reject', capturing, answer('reject'), rejected('Rejected')],
    ['declared, approve', declared, answer('approve'), inline('{"decision":"approve","text":""}')],
    [
      'declared, another',
      declared,
      answer('later', 'in May'),
      inline('{"decision":"later","text":"in May"}'),
    ],
    [
      'declared, declared reject',
      declared,
      answer('reject', 'no'),
      inline('{"decision":"reject","text":"no"}'),
    ],
    ['declared, undeclared', declared, answer('perhaps'), { kind: 'refused' }],
    ['approve only, reject', approveOnly, answer('reject', 'no'), rejected('no')],
    ['text above 16 KiB', capturing, answer('approve', 'x'.repeat(16_385)), { kind: 'refused' }],
    ['text of 16 KiB', capturing, answer('approve', 'x'.repeat(16_384)), inline('x'.repeat(16_384))],
  ])('%s', (_title, gate, given, expected) => {
    expect(decideGate(gate, given)).toMatchObject(expected);
  });

  it('is a value where decisions are declared, and a text elsewhere', () => {
    expect(decideGate(declared, answer('later'))).toMatchObject({ output: { isStructured: true } });
    expect(decideGate(capturing, answer('approve', '{}'))).not.toMatchObject({
      output: { isStructured: true },
    });
  });

  it('has the fields of a declared decision that somebody reads', () => {
    const gate = gateOf({ decisions: decisions('approve', 'later') }, 'echo $gate.output.decision');
    expect(decideGate(gate, answer('later'))).toMatchObject({
      output: { fields: { decision: { type: 'string', text: { kind: 'inline', text: 'later' } } } },
    });
  });
});

describe('what may be answered', () => {
  it.each([
    ['at a plain gate', plain, ['approve', 'reject']],
    ['at a declared gate', declared, ['approve', 'reject', 'later']],
    ['at a gate that declares no reject', approveOnly, ['approve', 'reject']],
  ])('%s', (_title, gate, expected) => {
    expect(choicesAt(gate)).toEqual(expected);
  });
});
