import { join, resolve } from 'node:path';
import type { DraftNode } from '../../core/definition/draft.js';
import type { IssueList } from '../../core/definition/source-document.js';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.js';
import type { ModelConfig } from '../../core/project-config/project-config.js';
import { assistantOf } from '../../core/project-config/assistant-of.js';
import { readRegularFile } from './folder-entries.js';

/** Where what agents need lies. */
export interface AgentSurroundings {
  /** The working path. */
  readonly root: string;
  /** The user's home; null: not known. */
  readonly home: string | null;
  /** Where Claude keeps what is the user's; null: not known. */
  readonly claudeHome: string | null;
  readonly models: ModelConfig;
}

/** Tells files that a node's agent would not find. */
export async function checkAgentFiles(
  { path, body }: DraftNode,
  around: AgentSurroundings,
  issues: IssueList,
): Promise<void> {
  if (body?.kind !== 'agent' && body?.kind !== 'loop') return;
  const { mcp, skills, agents } = body.settings;
  if (typeof mcp === 'string') await checkServers(mcp, path, around, issues);
  const search = foldersFor(body.settings, around);
  await checkSkills(skills, [...path, 'skills'], search, issues);
  for (const [name, agent] of Object.entries(isJsonObject(agents) ? agents : {})) {
    if (!isJsonObject(agent)) continue;
    await checkSkills(agent['skills'], [...path, 'agents', name, 'skills'], search, issues);
  }
}

/** A file of MCP servers is named from the working path on. */
async function checkServers(
  name: string,
  path: DraftNode['path'],
  { root }: AgentSurroundings,
  issues: IssueList,
): Promise<void> {
  const problem = await problemOfServers(resolve(root, name));
  if (problem === null) return;
  const message = `the MCP servers '${name}' ${problem}`;
  const hint = 'name a JSON file with a map of servers, from the top of the repository on';
  issues.error({ code: 'MCP_UNUSABLE', path: [...path, 'mcp'], message, hint });
}

async function problemOfServers(file: string): Promise<string | null> {
  const reading = await readRegularFile(file);
  if (reading.kind === 'missing') return `are not there: ${file} is missing`;
  if (reading.kind === 'unreadable') return `cannot be read from ${file}: ${reading.reason}`;
  try {
    return isJsonObject(JSON.parse(new TextDecoder().decode(reading.bytes))) ? null : 'are no map of servers';
  } catch {
    return 'are no JSON';
  }
}

/** Folders of skills: those that the node's agent looks into, and others that a skill may lie in. */
interface SkillFolders {
  readonly read: readonly string[];
  readonly passedOver: readonly string[];
}

/** Null: its provider has no list of skills, which is told elsewhere. */
function foldersFor(settings: JsonObject, around: AgentSurroundings): SkillFolders | null {
  const { root, home, claudeHome, models } = around;
  const provider = assistantOf(settings, models);
  const claude = {
    project: [join(root, '.claude', 'skills')],
    user: claudeHome === null ? [] : [join(claudeHome, 'skills')],
  };
  const shared = [root, ...(home === null ? [] : [home])].map((one) => join(one, '.agents', 'skills'));
  const all = [...claude.project, ...claude.user, ...shared];
  if (provider !== 'claude') return provider === 'codex' ? null : { read: all, passedOver: [] };
  const sources = settings['settingSources'] ?? models.assistants['claude']?.['settingSources'];
  const isOn = (source: string): boolean => !Array.isArray(sources) || sources.includes(source);
  const read = [...(isOn('project') ? claude.project : []), ...(isOn('user') ? claude.user : [])];
  return { read, passedOver: all.filter((folder) => !read.includes(folder)) };
}

async function checkSkills(
  skills: Json | undefined,
  path: DraftNode['path'],
  folders: SkillFolders | null,
  issues: IssueList,
): Promise<void> {
  if (folders === null || !Array.isArray(skills)) return;
  for (const [index, skill] of (skills as readonly Json[]).entries()) {
    // `plugin:skill` is the provider's own to find.
    if (typeof skill !== 'string' || skill.includes(':')) continue;
    if ((await folderOf(skill, folders.read)) !== null) continue;
    const elsewhere = await folderOf(skill, folders.passedOver);
    const message =
      elsewhere === null
        ? `the skill '${skill}' is in none of ${folders.read.join(', ')}`
        : `the skill '${skill}' lies in ${elsewhere}, where its agent does not look`;
    const hint =
      elsewhere === null
        ? `write SKILL.md in a folder ${skill} there, unless its provider brings it along`
        : `move it into one of ${folders.read.join(', ')}, or correct settingSources`;
    issues.warning({ code: 'SKILL_NOT_FOUND', path: [...path, index], message, hint });
  }
}

async function folderOf(skill: string, folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    if ((await readRegularFile(join(folder, skill, 'SKILL.md'))).kind === 'read') return folder;
  }
  return null;
}
