import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { stableStringify, type Json } from '../core/json.js';
import { keywordTail, runTitle, SEARCH_ATTRIBUTES, type RunMemo } from './memo.js';
import { workflowIdOf, type StartRequest } from './start-request.js';
import { hostTaskQueue } from './task-queues.js';

/** With what Temporal is asked to start a run, whoever asks: a client, or a ticket whose turn it is. */
export interface RunStart {
  readonly workflowId: string;
  readonly taskQueue: string;
  readonly args: [StartRequest];
  readonly workflowIdReusePolicy: 'ALLOW_DUPLICATE';
  readonly memo: { readonly [Key in keyof RunMemo]: RunMemo[Key] };
  readonly typedSearchAttributes: TypedSearchAttributes;
  readonly staticSummary: string;
}

export function runStart(request: StartRequest): RunStart {
  const { hostId, uid } = request;
  const title = runTitle(request);
  return {
    workflowId: workflowIdOf(request),
    taskQueue: hostTaskQueue(hostId, uid),
    args: [request],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    memo: memoOf(request, title),
    typedSearchAttributes: searchAttributesOf(request, 'running'),
    staticSummary: title,
  };
}

/** The memo of everything that stands for a run: its own execution, and its ticket. */
export function memoOf(request: StartRequest, title: string): RunMemo {
  const { runId, startToken, hostId, uid, workingPath, startedBy } = request;
  const workflowName = request.definition.name;
  const workDigest = digestOfWork(request);
  return { runId, startToken, workflowName, workingPath, hostId, uid, startedBy, workDigest, title };
}

/** Those that the request says Temporal knows. */
export function searchAttributesOf(
  { definition, workingPath, searchAttributes }: StartRequest,
  status: string,
): TypedSearchAttributes {
  const values: Record<string, string> = {
    [SEARCH_ATTRIBUTES.workflow]: keywordTail(definition.name),
    [SEARCH_ATTRIBUTES.path]: keywordTail(workingPath),
    [SEARCH_ATTRIBUTES.status]: status,
  };
  return new TypedSearchAttributes(
    searchAttributes.map((name) => ({
      key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
      value: values[name] ?? '',
    })),
  );
}

/**
 * SHA-256, in lowercase hex, of what a run is to do: definition, message and inputs. Requests with equal
 * digests ask for the same work; large texts of the definition, and files, are in it by their own digests.
 */
export function digestOfWork({ definition, message, inputs, library, source }: StartRequest): string {
  const files = source?.sha256;
  const work = JSON.parse(JSON.stringify({ definition, message, inputs, library, files })) as Json;
  return bytesToHex(sha256(utf8ToBytes(stableStringify(work))));
}
