import type { Graph, Node } from '../definition/definition.js';
import type { NodeId } from '../ids.js';
import type { JsonObject } from '../json.js';
import type { Artifact } from '../run/artifact.js';
import type { GateAnswer, NodeState, RunEvent, RunOutcome, RunState } from '../run/run-state.js';
import { nameAt } from '../run/place.js';
import { isSubrunEvent, type SubrunEvent } from '../subrun/evolve-subruns.js';
import { bodyOf, isLooper } from '../run/turns.js';
import { agentData, entry, type Entry, type Subject } from './entry.js';
import { isLoopEvent, loopEndEntries, loopEntries, loopGateData, type LoopEvent } from './loop-entries.js';
import type { MirrorFacts } from './mirror-facts.js';
import { outputData } from './node-output.js';

type NodeEvent = Extract<RunEvent, { readonly nodeId: unknown }>;
type GateEvent = Extract<NodeEvent, { readonly type: 'gateOpened' | 'gateDecided' | 'gateTimedOut' }>;
type BodyEvent = Extract<NodeEvent, { readonly type: 'inBody' }>;
type AttemptEvent = Exclude<
  NodeEvent,
  | GateEvent
  | BodyEvent
  | LoopEvent
  | SubrunEvent
  | { readonly type: 'retryScheduled' | 'nodeKept' | 'nodeReset' }
>;

/** How Archon records its own two decisions; others keep their names. */
const RECORDED: Readonly<Record<string, string>> = { approve: 'approved', reject: 'rejected' };

/** What an event of the run writes into the events table, in Archon's words. */
export function entriesOf(facts: MirrorFacts, event: RunEvent, after: RunState): readonly Entry[] {
  if ('nodeId' in event) return nodeEntries(facts.definition, event, after);
  switch (event.type) {
    case 'runStarted':
      return [
        ...resumption(facts),
        { eventType: 'workflow_started', nodeName: null, data: startData(facts) },
      ];
    case 'artifactKept':
      return artifactEntries(event.name, event.artifact);
    case 'runFinished':
      return [endEntry(event.outcome, event.at, after)];
    case 'evidenceChecked':
      return event.isPresent ? [] : [noEvidence(event.path)];
    case 'evidenceAsked':
    case 'runResumed':
    case 'cancelRequested':
    case 'runAborted':
      return [];
  }
}

function startData(facts: MirrorFacts): JsonObject {
  const { definition, baseBranch, message, parent, worktree } = facts;
  return {
    workflowName: definition.name,
    defaultAssistant: null,
    provider: null,
    model: null,
    isolationMode: worktree === undefined ? 'in-place' : 'worktree',
    baseBranch: baseBranch ?? '',
    userId: null,
    userMessage: message,
    origin: parent === undefined ? 'signalbox' : 'workflow',
  };
}

function noEvidence(path: string): Entry {
  const data = { policy: { required: true }, expected_path: path };
  return { eventType: 'evidence_validation_failed', nodeName: null, data };
}

/** Archon tells of it only where it has an error to tell. */
function resumption({ previousError }: MirrorFacts): readonly Entry[] {
  if (previousError === null) return [];
  return [{ eventType: 'workflow_resumed', nodeName: null, data: { error: previousError } }];
}

function endEntry(outcome: RunOutcome, at: string, { startedAt }: RunState): Entry {
  switch (outcome.status) {
    case 'completed': {
      const durationMs = Date.parse(at) - Date.parse(startedAt ?? at);
      return { eventType: 'workflow_completed', nodeName: null, data: { duration_ms: durationMs } };
    }
    case 'failed': {
      const { code, message } = outcome.failure;
      return { eventType: 'workflow_failed', nodeName: null, data: { error: message, signalbox: { code } } };
    }
    case 'cancelled': {
      const { nodeId, reason, by } = outcome.cancellation;
      const data = { reason: reason ?? 'Cancelled', signalbox: { by } };
      return { eventType: 'workflow_cancelled', nodeName: nodeId, data };
    }
  }
}

function nodeEntries(graph: Graph, event: NodeEvent, after: RunState): readonly Entry[] {
  const subject = subjectOf(graph, event, after);
  if (!subject) return [];
  if (isLoopEvent(event)) return loopEntries(subject, event);
  // Sub-runs tell of themselves in rows and events of their own.
  if (isSubrunEvent(event)) return [];
  switch (event.type) {
    case 'gateOpened':
    case 'gateDecided':
    case 'gateTimedOut':
      return gateEntries(subject, event);
    case 'inBody':
      return bodyEntries(subject, event);
    case 'nodeKept':
      return keptEntries(subject);
    case 'nodeReset':
      return [resetEntry(subject.node, event)];
    case 'nodeCompleted':
      return [attemptEntry(subject.node, event), ...artifactEntries(subject.node.id, event.artifact)];
    case 'retryScheduled':
      return [];
    default:
      return [attemptEntry(subject.node, event)];
  }
}

function subjectOf(graph: Graph, event: NodeEvent, after: RunState): Subject | null {
  const position = after.plan.positionOf.get(event.nodeId) ?? -1;
  const node = graph.nodes[position];
  const state = after.nodes[position];
  return node && state ? { node, state } : null;
}

/** Nodes of a body are told of by their names; what becomes of the body, and of the turns of a `loop`, these tell. */
function bodyEntries({ node, state }: Subject, { event, nodeId, iteration }: BodyEvent): readonly Entry[] {
  if (!isLooper(node) || node.kind === 'loop') return [];
  if (state.status !== 'looping' || !('nodeId' in event)) return [];
  return nodeEntries(bodyOf(node), event, state.body).map((entry) => ({
    ...entry,
    nodeName: nameAt([{ nodeId, iteration }], entry.nodeName as NodeId),
    data: { ...(node.kind === 'approval' ? {} : { iteration }), ...entry.data },
  }));
}

function attemptEntry(node: Node, event: AttemptEvent): Entry {
  switch (event.type) {
    case 'nodeSkipped': {
      const { reason, expression } = event;
      return entry(node, 'node_skipped', { reason, ...(expression === null ? {} : { expr: expression }) });
    }
    case 'nodeStarted':
      return entry(node, 'node_started', {
        ...workData(node),
        signalbox: { attempt: event.attempt },
      });
    case 'nodeCompleted': {
      const { attempt, durationMs, output, childRunId } = event;
      const data = {
        duration_ms: durationMs,
        ...typeData(node),
        ...outputData(output),
        ...(childRunId === undefined ? {} : { child_run_id: childRunId }),
        ...(node.kind === 'workflow' && node.fanOut !== null ? { fan_out: true } : {}),
        signalbox: { attempt },
      };
      return entry(node, 'node_completed', data);
    }
    case 'attemptFailed': {
      const { attempt, durationMs, failure, childRunId } = event;
      const ours = { attempt, code: failure.code, duration_ms: durationMs };
      const child = childRunId === undefined ? {} : { child_run_id: childRunId };
      return entry(node, 'node_failed', {
        ...{ error: failure.message, ...typeData(node) },
        ...child,
        signalbox: ours,
      });
    }
    case 'nodeRefused': {
      const { code, message } = event.failure;
      return entry(node, 'node_failed', { error: message, signalbox: { attempt: 0, code } });
    }
  }
}

/** What is known of a node's work beforehand. */
function workData(node: Node): JsonObject {
  if (node.kind === 'agent') return agentData(node);
  return { ...typeData(node), ...(node.kind === 'script' ? { runtime: node.runtime } : {}) };
}

/** Archon knows an agent by having no type. */
function typeData({ kind }: Node): JsonObject {
  return kind === 'agent' ? {} : { type: kind };
}

function artifactEntries(nodeName: NodeId, artifact: Artifact | undefined): readonly Entry[] {
  if (artifact === undefined) return [];
  const { loopGroupPath, ...rest } = artifact;
  const frames = loopGroupPath?.map(({ groupId, iteration }) => ({ groupId, iteration }));
  const data = { ...rest, ...(frames === undefined ? {} : { loopGroupPath: frames }) };
  return [{ eventType: 'workflow_artifact', nodeName, data }];
}

function keptEntries({ node, state }: Subject): readonly Entry[] {
  if (state.status !== 'completed') return [];
  const data = {
    reason: 'prior_success',
    ...outputData(state.output),
    signalbox: { attempt: state.attempt },
  };
  return [entry(node, 'node_skipped_prior_success', data)];
}

function resetEntry(node: Node, { cause, formerOutput }: Extract<NodeEvent, { type: 'nodeReset' }>): Entry {
  const prior = { prior_output: outputData(formerOutput)['node_output'] ?? '' };
  if (cause.kind === 'always_run') return entry(node, 'node_always_run_reset', prior);
  const { kind, dependencies } = cause;
  return entry(node, 'node_prior_cache_invalidated', {
    reason: kind,
    invalidating_deps: [...dependencies],
    ...prior,
  });
}

function gateEntries({ node, state }: Subject, event: GateEvent): readonly Entry[] {
  switch (event.type) {
    case 'gateOpened':
      return [entry(node, 'approval_requested', { message: event.message, ...loopGateData(state) })];
    case 'gateDecided':
      return [...decisionEntries(node, state, event.answer), ...loopEndEntries({ node, state }, {})];
    case 'gateTimedOut': {
      if (state.status !== 'failed') return [];
      const { code, message } = state.failure;
      return [entry(node, 'node_failed', { error: message, type: node.kind, signalbox: { code } })];
    }
  }
}

/** A reject that ends the run completes nothing: Archon writes only that it was received. */
function decisionEntries(node: Node, state: NodeState, answer: GateAnswer): readonly Entry[] {
  if (answer.isRecorded === true) return [];
  const received = entry(node, 'approval_received', receivedData(answer));
  if (node.kind !== 'approval' || state.status !== 'completed') return [received];
  const { decision, text } = answer;
  const completed = {
    ...outputData(state.output),
    approval_decision: RECORDED[decision] ?? decision,
    ...(node.decisions === null ? {} : { structured_output: { decision, text: text ?? '' } }),
  };
  return [entry(node, 'node_completed', completed), received];
}

function receivedData({ decision, text, by }: GateAnswer): JsonObject {
  const signalbox = { by };
  if (decision === 'reject') return { decision: 'rejected', reason: text || 'Rejected', signalbox };
  if (decision === 'approve') return { decision: 'approved', comment: text || 'Approved', signalbox };
  return { decision, comment: text || decision, signalbox };
}
