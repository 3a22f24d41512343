import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RunError } from '../core/errors.js';

/** What `init` has written; absolute. */
export interface InitialFiles {
  readonly workflow: string;
  /** JSON Schema that editors check workflow files with. */
  readonly schema: string;
}

/** Name of the first workflow, and of its file. */
export const FIRST_WORKFLOW = 'first';

const TEXT = `# yaml-language-server: $schema=../workflow.schema.json
#
# A workflow: nodes that run in this repository, in the order of their depends_on.
# The line above lets editors complete keys and mark mistakes (VS Code: the extension "YAML").

name: ${FIRST_WORKFLOW}
description: Looks at this directory, asks you, and says goodbye

# A run may stop for a person.
interactive: true

# Values given with --input who=Ada; scripts read them from their environment as $INPUTS_WHO.
inputs:
  who:
    description: Who is greeted
    default: you

nodes:
  # What a script prints is its output. A node without depends_on starts at once.
  - id: files
    bash: ls | wc -l

  # $files.output is the output of that node, quoted for the shell.
  - id: greet
    depends_on: [files]
    bash: |
      echo "Hello $INPUTS_WHO, there are" $files.output "files here."
      echo "You said: $ARGUMENTS"

  # A gate: the run waits here, for days if need be, and goes on where it is answered.
  - id: ask
    depends_on: [greet]
    approval:
      message: |
        $greet.output
        Shall we go on?
      decisions:
        - id: approve
        - id: reject

  # Runs only if its condition holds; else it is skipped.
  - id: goodbye
    depends_on: [ask]
    when: "$ask.output.decision == 'approve'"
    bash: echo "Goodbye, $INPUTS_WHO."
`;

/** What `init` has done. */
export type Initialized = InitialFiles & {
  /** There was a first workflow already, and only the schema was written anew. */
  readonly isRefreshed: boolean;
};

/** The schema of the version that asks. */
export interface EditorSchema {
  readonly version: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/**
 * Writes a first workflow, with comments, and the schema that its editor line names. Where a first workflow is there
 * already it is left alone, and a schema that an older version has written is brought up to date.
 * @param root the working path
 * @param namesake a file that declares a workflow of the name already: two of one name would be usable no more
 * @throws RunError `FILE_EXISTS` all is there already; nothing was changed · `WORKING_PATH_INVALID` it cannot be written
 */
export async function initProject(
  root: string,
  editor: EditorSchema,
  namesake: string | null,
): Promise<Initialized> {
  const folder = join(root, '.archon');
  const files = {
    workflow: namesake ?? join(folder, 'workflows', `${FIRST_WORKFLOW}.yaml`),
    schema: join(folder, 'workflow.schema.json'),
  };
  const text = schemaText(editor);
  const isStale = await isOlder(files.schema, text, editor.version);
  const writing = namesake === null ? write(files.workflow, TEXT, 'wx') : Promise.reject(existing(namesake));
  const isRefreshed = await writing.then(
    () => false,
    (error: unknown) => {
      if (isStale && error instanceof RunError && error.code === 'FILE_EXISTS') return true;
      throw error;
    },
  );
  if (isStale) await write(files.schema, text, 'w');
  return { ...files, isRefreshed };
}

const MADE_BY = /^signalbox (\d+)\.(\d+)\.(\d+)/;

/** Says which version wrote it, so that an older one does not take keys away. */
const schemaText = ({ version, schema }: EditorSchema): string =>
  `${JSON.stringify({ $comment: `signalbox ${version}`, ...schema }, null, 2)}\n`;

/** Whether a copy of the schema is missing, or not of this version or a newer one. */
async function isOlder(file: string, text: string, version: string): Promise<boolean> {
  const copy = await readFile(file, 'utf8').catch(() => null);
  if (copy === text) return false;
  return copy === null || compareVersions(versionOf(copy), `signalbox ${version}`) <= 0;
}

function versionOf(copy: string): string {
  try {
    const comment = (JSON.parse(copy) as { readonly $comment?: unknown } | null)?.$comment;
    return typeof comment === 'string' ? comment : '';
  } catch {
    return '';
  }
}

/** Below 0: the first is older, or none. */
function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map((text) => MADE_BY.exec(text)?.slice(1).map(Number) ?? [-1]);
  const differences = [0, 1, 2].map((index) => (a?.[index] ?? 0) - (b?.[index] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}

async function write(file: string, text: string, flag: 'w' | 'wx'): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag });
  } catch (error) {
    throw refusal(file, error);
  }
}

function refusal(file: string, error: unknown): RunError {
  const { code = String(error) } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return existing(file);
  return new RunError(
    'WORKING_PATH_INVALID',
    `${file} cannot be written (${code}); mend the permissions of its folder`,
    { path: file },
    { cause: error },
  );
}

function existing(file: string): RunError {
  const message = `${file} is there already, and was left as it is; run it, or remove it and type signalbox init again`;
  return new RunError('FILE_EXISTS', message, { path: file });
}
