import { describe, expect, it } from 'vitest';
import { aDefinition, aBashNode, anOutput, nodeId } from '../../support/builders.js';
import { aFanOut, aSubrun } from '../../support/subrun-shapes.js';
import type { InputDeclaration } from '../../../src/core/definition/definition.js';
import type { Scope } from '../../../src/core/run/task.js';
import { targetRefusal } from '../../../src/core/subrun/check-target.js';
import { elementOf, joined, outputHere } from '../../../src/core/subrun/join.js';
import { planChildren } from '../../../src/core/subrun/plan-children.js';
import { NO_SUBRUNS } from '../../../src/core/subrun/subruns.js';
import { completed, failed } from '../../support/subrun-shapes.js';

const input = (name: string, over: Partial<InputDeclaration> = {}): InputDeclaration => ({
  ...{ name, isRequired: false, description: null },
  ...over,
});
const target = aDefinition([aBashNode('a')], {
  name: 'child',
  inputs: [input('file', { isRequired: true }), input('depth', { defaultValue: 3 })],
});
const plain = aDefinition([aBashNode('a')], { name: 'child' });

function scopeWith(list: string): Scope {
  const state = { state: 'completed', output: anOutput(list) } as const;
  return { variables: { ARGUMENTS: 'all of it' }, inputs: {}, nodes: { [nodeId('list')]: state } };
}

const items = '$list.output';

describe('what children are started with', () => {
  it('is the item as a message: texts as they are, everything else as JSON', () => {
    const scope = scopeWith('["a b", {"c": 1}, 2]');
    const { total, plans } = planChildren(aFanOut({ items }), plain, scope, 0);
    expect(total).toBe(3);
    expect(plans.map(({ message }) => message)).toEqual(['a b', '{"c":1}', '2']);
  });

  it('is the item as an input of its own type, beside what with gives and what is declared', () => {
    const node = aFanOut({ items, as: 'file' }, { input: 'about $ARGUMENTS' });
    const [plan] = planChildren(node, target, scopeWith('[["x"]]'), 0).plans;
    expect(plan).toMatchObject({
      message: 'about all of it',
      inputs: { file: '["x"]', depth: '3' },
      inputValues: { file: ['x'], depth: 3 },
    });
  });

  it.each([
    [3, '3'],
    [['a'], '["a"]'],
    [{ deep: [1, null] }, '{"deep":[1,null]}'],
    [null, 'null'],
    ['3', '3'],
  ])('is a default of its own type: %j', (defaultValue, text) => {
    const declares = { ...plain, inputs: [input('one', { defaultValue }), input('other')] };
    const [plan] = planChildren(aSubrun(), declares, scopeWith(''), 0).plans;
    expect(plan).toMatchObject({ inputs: { one: text }, inputValues: { one: defaultValue } });
    expect(plan?.inputs).not.toHaveProperty('other');
  });

  it('is told in slices, each from where the last one ended', () => {
    const list = Array.from({ length: 250 }, (_, index) => `item ${index}`);
    const node = aFanOut({ items });
    const scope = scopeWith(JSON.stringify(list));
    const told: string[] = [];
    for (let slices = 0; told.length < 250 && slices < 9; slices += 1) {
      const { plans } = planChildren(node, plain, scope, told.length);
      expect(plans.length).toBeLessThanOrEqual(100);
      told.push(...plans.map(({ message }) => message));
    }
    expect(told).toEqual(list);
  });

  it('of a single sub-run is its input and with', () => {
    const bindings = { file: { kind: 'template', text: 'f-$list.output' } } as const;
    const slice = planChildren(aSubrun({ bindings }), target, scopeWith('x'), 0);
    expect(slice).toMatchObject({ total: 1, plans: [{ message: '', inputs: { file: 'f-x' } }] });
  });

  it('has a digest that tells other items apart', () => {
    const { plans } = planChildren(aFanOut({ items }), plain, scopeWith('["a", "b", "a"]'), 0);
    const [a, b, again] = plans.map(({ hash }) => hash);
    expect(a).not.toBe(b);
    expect(again).toBe(a);
  });

  it.each([
    ['{"a": 1}', 'items is no JSON array'],
    ['', 'items is no JSON array, but empty'],
  ])('cannot be made of items that are no list: %s', (list, message) => {
    expect(() => planChildren(aFanOut({ items }), plain, scopeWith(list), 0)).toThrow(message);
  });

  it('names every input that is missing or unknown', () => {
    const bindings = { wrong: { kind: 'literal', value: 1 } } as const;
    expect(() => planChildren(aSubrun({ bindings }), target, scopeWith(''), 0)).toThrow(
      'workflow child has no input wrong (it has: file, depth); workflow child is not given its input file',
    );
  });
});

describe('a target is refused', () => {
  it('that is among its own ancestors', () => {
    expect(targetRefusal(aSubrun(), plain, ['child', 'other'], 1)?.message).toContain(
      "'child' would run itself: child → other → child",
    );
  });

  it('more than five deep', () => {
    expect(targetRefusal(aSubrun(), plain, ['1', '2', '3', '4', '5'], 1)).toBeNull();
    expect(targetRefusal(aSubrun(), plain, ['1', '2', '3', '4', '5', '6'], 1)?.message).toContain('5 deep');
  });

  it('that changes the checkout several times at once', () => {
    expect(targetRefusal(aFanOut(), plain, [], 2)?.message).toContain('max_parallel: 1');
    expect(targetRefusal(aFanOut(), plain, [], 1)).toBeNull();
    expect(targetRefusal(aFanOut({ maxParallel: 1 }), plain, [], 9)).toBeNull();
    expect(targetRefusal(aFanOut({}, { isolation: 'worktree' }), plain, [], 9)).toBeNull();
    expect(targetRefusal(aFanOut(), { mutatesCheckout: false }, [], 9)).toBeNull();
  });
});

describe('the output of a fan-out', () => {
  it('holds structured values, texts, and a record of what did not complete', () => {
    const value = completed('{"n": 1}');
    const ends = [completed('plain'), { ...value, isStructured: true }, failed('no disk')];
    const elements = ends.map(elementOf);
    expect(joined(['["page"]', '[]'], elements, ['plain', '{"n": 1}', ''])).toBe(
      '["page","plain",{"n":1},{"archon_failed":true,"error":"no disk","status":"failed"}]',
    );
  });

  it('is made by the host when it is large or lies in a file', () => {
    const children = [{ status: 'ended', end: completed('x'.repeat(20_000)) }] as const;
    expect(outputHere(aFanOut(), { ...NO_SUBRUNS, total: 1, children })).toBeNull();
    const file = { kind: 'file', path: '/f', bytes: 9, sha256: '', excerpt: '' } as const;
    const filed = [{ status: 'ended', end: { ...completed(''), output: file } }] as const;
    expect(outputHere(aSubrun(), { ...NO_SUBRUNS, total: 1, children: filed })).toBeNull();
  });

  it('of nothing is an empty list', () => {
    expect(outputHere(aFanOut(), { ...NO_SUBRUNS, total: 0 })).toMatchObject({
      ...{ text: { text: '[]' }, isStructured: true },
    });
  });

  it('of a single sub-run is its own, with the fields that are read of it', () => {
    const children = [{ status: 'ended', end: completed('{"n": 1}') }] as const;
    const subruns = { ...NO_SUBRUNS, total: 1, children };
    expect(outputHere(aSubrun({ fieldsRead: ['n'] }), subruns)).toMatchObject({
      ...{ text: { text: '{"n": 1}' }, fields: { n: { type: 'number', text: { text: '1' } } } },
    });
    const outputFormat = { type: 'object', properties: { n: {}, m: {} } };
    const declared = aSubrun({ fieldsRead: ['m', 'k'], outputFormat });
    expect(outputHere(declared, subruns)?.fields).toMatchObject({ m: { text: { text: '' } } });
    expect(outputHere(declared, subruns)?.fields).not.toHaveProperty('k');
  });

  it.each([
    ['is empty in a value that was made as one', true, '{"n": 1}', { m: { text: { text: '' } } }],
    ['is none in a text that happens to be JSON', false, '{"n": 1}', {}],
    ['is none in a list', true, '[1]', null],
  ])('of a single sub-run: a field that is not there %s', (_, isStructured, text, fields) => {
    const children = [{ status: 'ended', end: { ...completed(text), isStructured } }] as const;
    const output = outputHere(aSubrun({ fieldsRead: ['m'] }), { ...NO_SUBRUNS, total: 1, children });
    if (fields === null) expect(output?.fields).toBeNull();
    else expect(output?.fields).toMatchObject(fields);
    expect(Object.keys(output?.fields ?? {})).toEqual(Object.keys(fields ?? {}));
  });
});
