import { DEFAULT_ASSISTANT } from '../definition/assistants.js';
import type { JsonObject } from '../json.js';
import type { ModelChoice } from './config-schema.js';
import type { ModelConfig } from './project-config.js';

/** Words for models that mean something to every provider. */
export const TIERS = ['small', 'medium', 'large'] as const;

/** What the config says that a tier or an alias stands for; null: nothing. */
export function modelChoice(model: string, { tiers, aliases }: ModelConfig): ModelChoice | null {
  const tier = TIERS.find((one) => one === model);
  if (tier !== undefined) return tiers[tier] ?? null;
  return Object.hasOwn(aliases, model) ? (aliases[model] ?? null) : null;
}

/** Who runs an agent: what its model stands for says it first, since a model means nothing to another provider. */
export function assistantOf(settings: JsonObject, models: ModelConfig): string {
  const { model, provider } = settings;
  const choice = typeof model === 'string' ? modelChoice(model, models) : null;
  if (choice !== null) return choice.provider;
  return typeof provider === 'string' ? provider : (models.assistant ?? DEFAULT_ASSISTANT);
}
