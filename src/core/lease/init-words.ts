import type { Claim } from './owner-record.js';

/** What INIT is called in its own command line: by it a box is known. */
export const INIT_NAME = 'signalbox-box';
/** Behind the shell, three options and its program. The supervisor's command line has more before it. */
const NAME_POSITION = 5;
const WORDS_VERSION = '1';

/** What the command line of a box's INIT tells everybody on the host. */
export interface InitWords extends Claim {
  /** `device:inode` of what the box has locked: names of directories differ, this does not. */
  readonly lockedPlace: string;
  readonly level: number;
}

/** Words that are laid into INIT's command line, beginning with its name. */
export function formatInitWords(words: InitWords): readonly string[] {
  const { lockedPlace, level, temporalNamespaceId, temporalWorkflowId, runId, fenceToken } = words;
  const claim = [temporalNamespaceId, temporalWorkflowId, runId, fenceToken];
  return [INIT_NAME, WORDS_VERSION, lockedPlace, String(level), ...claim];
}

/**
 * Reads the command line of a process.
 * @param commandLine its words, each ended by NUL, as the system shows them
 * @returns null: it is not the INIT of a box, or of a version that this one does not know
 */
export function parseInitWords(commandLine: string): InitWords | null {
  const words = commandLine.split('\0');
  if (words[NAME_POSITION] !== INIT_NAME) return null;
  const [version, lockedPlace, level, ...claim] = words.slice(NAME_POSITION + 1);
  const [temporalNamespaceId, temporalWorkflowId, runId, fenceToken] = claim;
  if (version !== WORDS_VERSION || lockedPlace === undefined || !/^[1-4]$/.test(level ?? '')) return null;
  if (temporalNamespaceId === undefined || temporalWorkflowId === undefined) return null;
  if (runId === undefined || fenceToken === undefined) return null;
  return { lockedPlace, level: Number(level), temporalNamespaceId, temporalWorkflowId, runId, fenceToken };
}
