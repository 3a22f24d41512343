/** With this the workflow IDs of runs begin that hold no path, by their author's word. */
const VIEW = 'view.';

/** Whether a run of this workflow ID holds no path: its box locks nothing that others want. */
export function isView(temporalWorkflowId: string): boolean {
  return temporalWorkflowId.startsWith(VIEW);
}
