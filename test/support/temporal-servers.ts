import { TestWorkflowEnvironment, type LocalTestWorkflowEnvironmentOptions } from '@temporalio/testing';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { SEARCH_ATTRIBUTE_NAMES } from '../../src/contract/memo.js';

let isQuiet = false;

/** Workers of this process say only what went wrong. Tests that provoke failures say them anyway. */
export function quietRuntime(level: 'WARN' | 'ERROR' = 'ERROR'): void {
  if (isQuiet) return;
  isQuiet = true;
  Runtime.install({
    logger: new DefaultLogger(level),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: level, other: level }) } },
  });
}

/** A server that skips time while nobody works: a gate of seven days costs milliseconds. */
export async function timeSkippingServer(): Promise<TestWorkflowEnvironment> {
  quietRuntime();
  return TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: programOf('SIGNALBOX_TEST_SERVER') } },
  });
}

/**
 * Temporal's own dev server, in memory, with our search attributes and no waiting for queues and timers.
 * @param dynamicConfig more of it, values as JSON
 */
export async function devServer(
  dynamicConfig: Readonly<Record<string, string>> = {},
): Promise<TestWorkflowEnvironment> {
  quietRuntime();
  const config = {
    'history.transferProcessorMaxPollRPS': '5000',
    'history.timerProcessorMaxTimeShift': '"10ms"',
    'system.enableActivityEagerExecution': 'true',
    ...dynamicConfig,
  };
  const server: LocalTestWorkflowEnvironmentOptions['server'] = {
    executable: { type: 'existing-path', path: programOf('SIGNALBOX_TEMPORAL_CLI') },
    log: { format: 'pretty', level: 'error' },
    searchAttributes: SEARCH_ATTRIBUTE_NAMES.map((name) =>
      defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
    ),
    extraArgs: Object.entries(config).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${value}`,
    ]),
  };
  return TestWorkflowEnvironment.createLocal({ server });
}

function programOf(variable: string): string {
  const path = process.env[variable];
  if (path === undefined) throw new Error(`${variable} names no program: run the tests with npm test`);
  return path;
}
