import type { IssuePath } from '../definition/issue.js';
import type { IssueList } from '../definition/source-document.js';
import { isJsonObject } from '../json.js';
import { nearestName } from '../nearest-name.js';
import type { ModelConfig } from '../project-config/project-config.js';
import { TIERS } from '../project-config/assistant-of.js';
import { placeOf, type AgentSeat } from './agent-seats.js';

/** Tells aliases that no config declares, and words that are nearly a tier; each once, where it stands. */
export function checkModels(seats: readonly AgentSeat[], models: ModelConfig, issues: IssueList): void {
  const told = new Set<string>();
  for (const seat of seats) {
    for (const { model, path } of modelsOf(seat)) {
      const place = JSON.stringify(path);
      if (!told.has(place)) checkModel(model, path, models, issues);
      told.add(place);
    }
  }
}

interface PlacedModel {
  readonly model: string;
  readonly path: IssuePath;
}

function modelsOf(seat: AgentSeat): readonly PlacedModel[] {
  const { agents } = seat.settings;
  const own = ['model', 'fallbackModel'].map((key) => [seat.settings[key], placeOf(key, seat)] as const);
  const inner = Object.entries(isJsonObject(agents) ? agents : {}).map(
    ([name, agent]) =>
      [isJsonObject(agent) ? agent['model'] : null, [...placeOf('agents', seat), name, 'model']] as const,
  );
  return [...own, ...inner].flatMap(([model, path]) => (typeof model === 'string' ? [{ model, path }] : []));
}

function checkModel(model: string, path: IssuePath, { aliases }: ModelConfig, issues: IssueList): void {
  if (model.startsWith('@')) {
    const known = Object.keys(aliases);
    if (known.includes(model)) return;
    const nearest = nearestName(model, known);
    const message = `the model '${model}' is an alias that no config file declares`;
    const hint =
      nearest === null ? 'declare it under aliases in .archon/config.yaml' : `did you mean '${nearest}'?`;
    issues.error({ code: 'MODEL_UNKNOWN', path, message, hint });
    return;
  }
  const tier = TIERS.some((one) => one === model) ? null : nearestName(model, TIERS);
  if (tier === null) return;
  const message = `the model '${model}' is no tier, and is handed to the provider as it is`;
  issues.warning({ code: 'MODEL_UNKNOWN', path, message, hint: `did you mean '${tier}'?` });
}
