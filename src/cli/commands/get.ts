import { isTerminal } from '../../core/mirror/rows.js';
import type { Command } from '../context.js';
import { renderWaiting } from '../render/gates.js';
import {
  nodeJson,
  renderNode,
  renderWithoutPermit,
  showPermit,
  summariseDelegating,
  summariseNodes,
} from '../render/node-summary.js';
import { queuedJson, renderQueued } from '../render/queue.js';
import {
  eventJson,
  recordJson,
  renderChildren,
  renderEvent,
  renderRecord,
  waitingGates,
} from '../render/run-record.js';
import { renderWarnings, warningsOf } from '../render/warnings.js';
import { findRunOrQueued } from './find-run.js';

export interface GetArguments {
  readonly runId: string;
  /** Nodes, with the beginnings of their outputs. */
  readonly verbose?: boolean;
  readonly events?: boolean;
}

/** One run, as the table tells it; one that still waits for its path, as its queue does. */
export function get(args: GetArguments): Command {
  return async ({ services, clock }) => {
    const orchestrator = await services.orchestrator();
    const found = await findRunOrQueued(orchestrator, args.runId);
    if ('queued' in found) {
      return { exitCode: 0, json: queuedJson(found.queued), text: renderQueued(found.queued, clock.now()) };
    }
    const { record } = found;
    const [events, children, withoutPermit] = await Promise.all([
      orchestrator.events(record.runId),
      orchestrator.children(record.runId),
      record.status === 'running' ? orchestrator.waitingForPermit(record.runId) : [],
    ]);
    const isOpen = children.length > 0 && !isTerminal(record.status);
    const nodes = [
      ...summariseNodes(events, record.status).map((node) => showPermit(node, withoutPermit)),
      ...summariseDelegating(isOpen ? await orchestrator.describe(record.runId).catch(() => null) : null),
    ];
    const waiting = waitingGates(record);
    const warnings = warningsOf(events);
    const parts = [
      renderRecord(record, clock.now()),
      ...renderWarnings(warnings),
      ...(waiting.length === 0 ? [] : [renderWaiting(record.runId, waiting)]),
      ...(withoutPermit.length === 0 ? [] : [renderWithoutPermit(withoutPermit)]),
      ...(children.length === 0 ? [] : [renderChildren(children)]),
      ...(args.verbose === true ? [['nodes', ...nodes.map(renderNode)].join('\n')] : []),
      ...(args.events === true ? [['events', ...events.map(renderEvent)].join('\n')] : []),
    ];
    return {
      exitCode: 0,
      json: {
        ...recordJson(record),
        waiting: waiting.map((gate) => ({ ...gate, decisions: [...gate.decisions] })),
        nodes: nodes.map(nodeJson),
        children: children.map(recordJson),
        warnings,
        ...(args.events === true ? { events: events.map(eventJson) } : {}),
      },
      text: parts.join('\n'),
    };
  };
}
