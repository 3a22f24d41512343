import type { Activities, JoinChildrenInput } from '../src/contract/activities.js';
import { byteLength, INLINE_LIMIT_BYTES } from '../src/core/expression/output.js';
import type { NodeOutput, TextValue } from '../src/core/run/task.js';
import { fieldsOf, joined, type Element } from '../src/core/subrun/join.js';
import type { OutputTexts } from '../src/ports/output-texts.js';
import type { OutputStore } from '../src/ports/run-files.js';

export interface JoinChildrenPorts {
  readonly outputs: OutputStore;
  readonly outputTexts: OutputTexts;
}

/** What sub-runs gave out as one output, where it is too large to be put together in the workflow. */
export const makeJoinChildren =
  (ports: JoinChildrenPorts): Activities['joinChildren'] =>
  async (input) => {
    const { pages, elements, artifactsDir } = input;
    const [element] = elements;
    if (input.as === 'single' && element?.kind === 'text') return single(ports, input, element);
    const before = await Promise.all(pages.map((page) => ports.outputTexts.read(page, 'its sub-runs')));
    const texts = await Promise.all(elements.map((one) => textOf(ports, one)));
    const text = joined(before, elements, texts);
    const isFiled = input.as === 'page' || byteLength(text) > INLINE_LIMIT_BYTES;
    const whole: TextValue = { kind: 'inline', text };
    return {
      text: isFiled ? await ports.outputs.store(artifactsDir, whole) : whole,
      fields: null,
      isStructured: true,
    };
  };

async function textOf({ outputTexts }: JoinChildrenPorts, element: Element): Promise<string> {
  return element.kind === 'failure' ? '' : outputTexts.read(element.text, 'a sub-run');
}

/** The child's own text, with the fields that are read of it. */
async function single(
  { outputs, outputTexts }: JoinChildrenPorts,
  { artifactsDir, fieldsRead, outputFormat }: JoinChildrenInput,
  { text, isStructured }: Extract<Element, { kind: 'text' }>,
): Promise<NodeOutput> {
  const structured = isStructured ? { isStructured } : {};
  if (fieldsRead.length === 0) return { text, fields: null, ...structured };
  const fields = fieldsOf(await outputTexts.read(text, 'the sub-run'), fieldsRead, {
    outputFormat,
    isStructured,
  });
  const placed = (fields ?? []).map(async ({ name, type, text: value }) => {
    const inline: TextValue = { kind: 'inline', text: value };
    const isSmall = byteLength(value) <= INLINE_LIMIT_BYTES;
    return [name, { type, text: isSmall ? inline : await outputs.store(artifactsDir, inline) }] as const;
  });
  return { text, fields: fields && Object.fromEntries(await Promise.all(placed)), ...structured };
}
