export type { FailedStub, StubValue } from '../core/dry-run/stub-value.js';
export type { Issue } from '../core/definition/issue.js';
export type { ErrorCode } from '../core/errors.js';
export { RunError } from '../core/errors.js';
export type { Json, JsonObject } from '../core/json.js';
export type { WaitingGate } from '../contract/messages.js';
export type { Outcome, TestEvent, TestedNode, TestedSubRun } from './observations.js';
export type { Passage } from './passage.js';
export type { WorkflowSource } from './read-workflow.js';
export { testWorkflow } from './shared-testbed.js';
export {
  untilStopped,
  type AgentSession,
  type NodeCall,
  type Stub,
  type StubFunction,
  type StubResult,
} from './stubs.js';
export type { TestRun } from './test-run.js';
export { createTestbed, type Testbed, type TestbedOptions, type TestOptions } from './testbed.js';
