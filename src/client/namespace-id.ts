import { isServiceTrouble, readableTrouble, withDeadline, type Temporal } from './temporal-calls.js';

const CALL_MS = 2_500;

/**
 * Tells the id of the client's namespace, which names it whatever address it is reached by. Asked until it is known.
 * The answer is empty where Temporal does not say: it need not let everybody see that.
 * @throws RunError `TEMPORAL_UNREACHABLE`
 */
export function makeNamespaceId(temporal: Temporal): () => Promise<string> {
  const { client } = temporal;
  const { namespace } = client.options;
  let known: string | null = null;
  return async () => {
    if (known !== null) return known;
    try {
      const { namespaceInfo } = await withDeadline(client, CALL_MS, () =>
        client.workflowService.describeNamespace({ namespace }),
      );
      known = namespaceInfo?.id ?? '';
    } catch (error) {
      if (isServiceTrouble(error)) throw await readableTrouble(error, temporal);
      known = '';
    }
    return known;
  };
}
