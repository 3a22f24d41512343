import { join } from 'node:path';

const WITNESS = join(import.meta.dirname, 'programs', 'witness.sh');

interface ShapeNode {
  readonly id: string;
  readonly after?: readonly string[];
  /** Acts of `witness.sh`, in order. */
  readonly acts: string;
  readonly retries?: true;
}

/** What runs of the chaos test look like: from polite to those that leave daemons and heed no signal. */
const SHAPES = {
  quick: [
    { id: 'a', acts: 'commit sign:0' },
    { id: 'z', after: ['a'], acts: 'commit' },
  ],
  daemons: [
    { id: 'a', acts: 'commit daemons sign:0' },
    { id: 'z', after: ['a'], acts: 'sign:1 commit' },
  ],
  tongues: [
    { id: 'a', acts: 'python commit' },
    { id: 'b', acts: 'node-daemon sign:0' },
    { id: 'z', after: ['a', 'b'], acts: 'python-daemon commit sign:1' },
  ],
  stubborn: [{ id: 'z', acts: 'stubborn commit daemons sign:3 commit', retries: true }],
  patient: [
    { id: 'a', acts: 'commit sign:2', retries: true },
    { id: 'z', after: ['a'], acts: 'commit node sign:1 commit' },
  ],
  long: Array.from({ length: 8 }, (_, index) => ({
    id: index === 7 ? 'z' : `n${index}`,
    after: index === 0 ? [] : [`n${index - 1}`],
    acts: 'commit',
  })),
  failing: [{ id: 'z', acts: 'daemons commit fail' }],
} satisfies Record<string, readonly ShapeNode[]>;

export type Shape = keyof typeof SHAPES;

export const SHAPE_NAMES = Object.keys(SHAPES) as [Shape, ...Shape[]];

/** Workflow files for one path of a scene, by name. */
export function workflowsFor(scene: string, pathName: string): Readonly<Record<string, string>> {
  const bash = ({ id, acts }: ShapeNode): string =>
    `exec bash '${WITNESS}' node '${scene}' ${pathName} ${id === 'z' ? 'last' : 'more'} ${acts}`;
  const compile = (name: string, nodes: readonly ShapeNode[]): string =>
    JSON.stringify({
      name,
      description: name,
      nodes: nodes.map((node) => ({
        id: node.id,
        bash: bash(node),
        ...(node.after === undefined || node.after.length === 0 ? {} : { depends_on: node.after }),
        ...(node.retries === undefined ? {} : { retry: { max_attempts: 2, delay_ms: 1000 } }),
      })),
    });
  return Object.fromEntries(Object.entries(SHAPES).map(([name, nodes]) => [name, compile(name, nodes)]));
}
