import type { DraftNode } from './draft.js';
import { dependenciesOf, positionsOf } from './check-graph.js';
import { ancestry } from './graph.js';

/** One list of nodes, and the lists that enclose it: what texts in it may refer to. */
export class Level {
  private readonly positions: ReadonlyMap<string, number>;
  private isAncestor: ((position: number, ancestor: number) => boolean) | null = null;

  constructor(
    readonly nodes: readonly DraftNode[],
    /** The level around it, and the position of its loop group there. */
    private readonly outer: { readonly level: Level; readonly group: number } | null = null,
  ) {
    this.positions = positionsOf(nodes);
  }

  get isBody(): boolean {
    return this.outer !== null;
  }

  /** A node of this list, not of those around it. */
  own(id: string): DraftNode | null {
    return this.nodes[this.positions.get(id) ?? -1] ?? null;
  }

  find(id: string): DraftNode | null {
    return this.own(id) ?? this.outer?.level.find(id) ?? null;
  }

  /** Names that may be referred to, those of the inner list first. */
  names(): readonly string[] {
    return [...this.positions.keys(), ...(this.outer?.level.names() ?? [])];
  }

  /** Whether a node has settled, on some path, before the one at `position` may start. */
  isUpstream(id: string, position: number): boolean {
    const ancestor = this.positions.get(id);
    if (ancestor === undefined) return this.outer?.level.isUpstream(id, this.outer.group) ?? false;
    this.isAncestor ??= ancestry(dependenciesOf(this.nodes, this.positions));
    return this.isAncestor(position, ancestor);
  }

  /** The levels of the bodies in it. */
  bodies(): readonly Level[] {
    return this.nodes.flatMap(({ body }, group) =>
      body?.kind === 'loop_group' ? [new Level(body.body, { level: this, group })] : [],
    );
  }
}
