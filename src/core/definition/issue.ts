/** Every way in which a workflow file can be wrong or surprising. A code is for ever: scripts and editors test it. */
export const ISSUE_CODES = {
  ALIASES_TOO_LARGE: 'aliases of the file stand for more than may be read, or for themselves',
  COMMAND_NOT_FOUND: 'a command has no file that can be used',
  CONDITION_ON_PROSE: '`when` compares all that an agent or a loop wrote',
  CONDITION_UNREADABLE: 'a part of `when` cannot be read: where it decides, the node is skipped',
  CONTAINER_UNSUPPORTED: '`container` asks for a place to work that a run cannot have',
  DEPENDENCY_CYCLE: 'nodes wait for each other',
  DUPLICATE_INPUT_VARIABLE: 'two inputs would share one environment variable',
  DUPLICATE_KEY: 'a key stands twice in one map',
  DUPLICATE_NAME: 'two files declare a workflow of the same name',
  DUPLICATE_NODE_ID: 'two nodes have the same id',
  ENCODING_INVALID: 'the file is not UTF-8, or a text holds what no database can store',
  FAN_OUT_IN_PLACE: 'several sub-runs at once would change one checkout',
  FIELD_NOT_BOOLEAN: 'a key must name a boolean that `output_format` requires',
  FIELD_UNDECLARED: 'a reference names a field that `output_format` does not declare: its node would fail',
  FILE_TOO_COMPLEX: 'the file has more parts, or is nested deeper, than may be read',
  FILE_TOO_LARGE: 'the file is larger than may be read',
  FILE_UNREADABLE: 'the file or folder cannot be read',
  INCLUDE_CYCLE: 'workflows include each other',
  INCLUDE_KEY_DROPPED: 'an included workflow has keys that do not count there',
  INCLUDE_NOT_FOUND: '`include` names no workflow',
  INCLUDE_REFUSED: 'an included workflow cannot be used itself',
  INCLUDE_TOO_DEEP: 'includes are nested deeper than they may be',
  INPUT_IGNORED: 'a declared input does not count, because its declaration is wrong',
  INPUT_MISSING: 'an included or run workflow is not given an input that it needs',
  INPUT_UNKNOWN: 'an included or run workflow is given an input that it does not declare',
  INTERACTIVE_UNDECLARED: 'a workflow may stop for a person and does not say `interactive: true`',
  KEYS_EXCLUSIVE: 'two keys exclude each other',
  KEY_DEPRECATED: 'a key has a better successor',
  KEY_IGNORED: 'a key has no effect where it stands',
  KEY_MISSING: 'a required key is absent',
  KEY_REFUSED: 'a key may not stand on a node of this kind',
  KEY_REMOVED: 'a key that the language no longer has',
  KEY_UNKNOWN: 'a key means nothing here',
  KEY_UNSUPPORTED: 'a key asks for what the provider of its agent cannot do',
  LAYOUT_INVALID: 'a folder of the packaged layout is not one workflow with its commands and scripts',
  MCP_UNUSABLE: 'the file of MCP servers that a node names cannot be used',
  MODEL_UNKNOWN: 'a model is an alias that no config file declares, or nearly a tier',
  NODE_ID_SHADOWED: 'a node of a body has the id of a node outside',
  NODE_KIND_AMBIGUOUS: 'a node has more than one kind',
  NODE_KIND_MISPLACED: 'a node of this kind may not stand in a body',
  NODE_KIND_MISSING: 'a node has no kind',
  NOT_UPSTREAM: 'a value comes from a node that need not have run before',
  REFERENCE_NOT_REPLACED: 'a reference or variable stands where it stays plain text',
  REFERENCE_QUOTED: 'a reference in double quotes brings quotes of its own',
  RUNTIME_NOT_FOUND: 'nothing here runs the scripts of a node',
  SCRIPT_NOT_FOUND: 'a named script has no file that can be used',
  SESSION_UNUSABLE: '`context` resumes a session that there cannot be',
  SKILL_NOT_FOUND: 'a skill is not where its agent looks',
  SUBRUN_CYCLE: 'a workflow would run itself',
  SUBRUN_NOT_FOUND: 'a sub-run names no workflow',
  SUBRUN_REFUSED: 'the workflow of a sub-run cannot be used itself',
  SUBRUN_TOO_DEEP: 'sub-runs are nested deeper than they may be',
  TOOL_UNKNOWN: 'a name of a tool means nothing to the provider of its agent',
  UNKNOWN_DEPENDENCY: '`depends_on` names no node',
  UNKNOWN_REFERENCE: 'a reference names no node or input',
  VALUE_IGNORED: 'a value is of the wrong type and does not count',
  VALUE_INVALID: 'a value is not what its key takes',
  YAML_INVALID: 'the file is not one YAML document',
} as const satisfies Record<string, string>;

export type IssueCode = keyof typeof ISSUE_CODES;

/** Keys and positions that lead to a place in a workflow file: `['nodes', 2, 'when']`. */
export type IssuePath = readonly (string | number)[];

/** One thing wrong with a workflow file. An error refuses the file, a warning does not. */
export interface Issue {
  readonly severity: 'error' | 'warning';
  readonly code: IssueCode;
  /** What was met: a sentence without its full stop. */
  readonly message: string;
  /** What to do, likewise. */
  readonly hint: string;
  readonly path: IssuePath;
  /** As it was given to the compiler. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

/** `hello.yaml:3:5 error VALUE_INVALID 'bash' is empty; write the script` */
export function formatIssue({ severity, file, line, column, code, message, hint }: Issue): string {
  return `${file}:${line}:${column} ${severity} ${code} ${message}; ${hint}`;
}
