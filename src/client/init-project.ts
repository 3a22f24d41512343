import { mkdir, writeFile } from 'node:fs/promises';
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

/**
 * Writes a first workflow, with comments, and the schema that its editor line names.
 * @param root the working path
 * @throws RunError `FILE_EXISTS` there is one already; nothing was changed · `WORKING_PATH_INVALID` it cannot be written
 */
export async function initProject(
  root: string,
  editorSchema: Readonly<Record<string, unknown>>,
): Promise<InitialFiles> {
  const folder = join(root, '.archon');
  const files = {
    workflow: join(folder, 'workflows', `${FIRST_WORKFLOW}.yaml`),
    schema: join(folder, 'workflow.schema.json'),
  };
  await write(files.workflow, TEXT, 'wx');
  // Whichever version wrote it: it is ours, and the newest knows the most keys.
  await write(files.schema, `${JSON.stringify(editorSchema, null, 2)}\n`, 'w');
  return files;
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
  if (code === 'EEXIST') {
    return new RunError(
      'FILE_EXISTS',
      `${file} is there already, and was left as it is; run it, or remove it and type signalbox init again`,
      { path: file },
    );
  }
  return new RunError(
    'WORKING_PATH_INVALID',
    `${file} cannot be written (${code}); mend the permissions of its folder`,
    { path: file },
    { cause: error },
  );
}
