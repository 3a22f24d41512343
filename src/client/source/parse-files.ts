import type { ParsedWorkflow } from '../../core/definition/compile.js';
import { fileIssue, unreadableIssue } from './file-issue.js';
import { readRegularFile } from './folder-entries.js';
import type { UnusableFile, WorkflowFile } from './list-workflows.js';
import { placePackagedScripts } from './packaged-scripts.js';
import type { Parse } from './parse-memory.js';

/** A workflow file that has been read. */
export interface ParsedFile {
  readonly file: WorkflowFile;
  readonly parsed: ParsedWorkflow;
}

export interface ParsedFiles {
  /** Each of another name, those without a name among them. */
  readonly kept: readonly ParsedFile[];
  readonly unusable: readonly UnusableFile[];
}

/** Reads workflow files. Of several that declare one name none is kept, but for a bundled one, which gives way. */
export async function parseFiles(files: readonly WorkflowFile[], parse: Parse): Promise<ParsedFiles> {
  const read = await Promise.all(files.map((file) => parseFile(file, parse)));
  const { kept, duplicates } = separateDuplicates(read.flatMap((one) => ('parsed' in one ? [one] : [])));
  return { kept, unusable: [...read.flatMap((one) => ('issue' in one ? [one] : [])), ...duplicates] };
}

async function parseFile(file: WorkflowFile, parse: Parse): Promise<ParsedFile | UnusableFile> {
  const reading = await readRegularFile(file.file);
  if (reading.kind !== 'read') {
    const issue = unreadableIssue(file.file, reading.kind === 'missing' ? 'ENOENT' : reading.reason);
    return { file: file.file, errorType: 'read_error', issue };
  }
  const parsed = parse({ file: file.file, text: reading.bytes });
  return { file, parsed: await placePackagedScripts(parsed, file.package) };
}

/** What is broken itself takes nobody's name. */
const nameOf = ({ parsed }: ParsedFile): string | null => (parsed.issues.hasErrors ? null : parsed.name);

function separateDuplicates(files: readonly ParsedFile[]): {
  readonly kept: readonly ParsedFile[];
  readonly duplicates: readonly UnusableFile[];
} {
  const byName = new Map<string, ParsedFile[]>();
  for (const file of files) {
    const name = nameOf(file);
    if (name !== null) byName.set(name, [...(byName.get(name) ?? []), file]);
  }
  const groups = [...byName.values()].map(withoutBundled);
  const kept = new Set(groups.flatMap((group) => (group.length === 1 ? group : [])));
  return {
    kept: files.filter((file) => nameOf(file) === null || kept.has(file)),
    duplicates: groups.filter((group) => group.length > 1).flatMap((group) => group.map(duplicateOf(group))),
  };
}

function withoutBundled(group: readonly ParsedFile[]): readonly ParsedFile[] {
  const own = group.filter(({ file }) => file.scope !== 'bundled');
  return own.length > 0 ? own : group;
}

const duplicateOf =
  (group: readonly ParsedFile[]) =>
  ({ file: { file }, parsed }: ParsedFile): UnusableFile => {
    const others = group.map((one) => one.file.file).filter((other) => other !== file);
    const issue = fileIssue(file, {
      code: 'DUPLICATE_NAME',
      path: ['name'],
      message: `duplicate workflow name '${parsed.name ?? ''}': ${others.join(' and ')} declares it, too`,
      hint: 'give each its own name; a project file replaces a global one that has the same file name',
    });
    return { file, errorType: 'validation_error', issue };
  };
