import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.js';
import { CONFIG_VARIABLES } from '../../src/config/variables.js';
import { RunError } from '../../src/core/errors.js';

const HOME = { HOME: '/home/me', USER: 'me' };

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig({ ...HOME, ...environment });
    return [];
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    expect(error.code).toBe('CONFIG_INVALID');
    const faults = error.details['faults'] as readonly { variable: string; message: string }[];
    return faults.map(({ variable, message }) => `${variable} ${message}`);
  }
}

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(readConfig(HOME)).toEqual({
      home: '/home/me/.signalbox',
      stateDirectory: '/home/me/.local/state/signalbox',
      archonHome: '/home/me/.archon',
      hostId: null,
      temporalCliPath: null,
      testServerPath: null,
      bashPath: null,
      maxNodes: null,
      weakestContainment: 4,
      graceMs: 5_000,
      heartbeatTimeoutMs: 300_000,
      logLevel: 'info',
      databaseUrl: null,
      temporal: { isExternal: false, address: null },
      isCi: false,
      user: 'me',
      environment: HOME,
      warnings: [],
    });
  });

  it('takes every value from its variable', () => {
    const config = readConfig({
      ...HOME,
      SIGNALBOX_HOME: '/srv/box/',
      SIGNALBOX_HOST_ID: 'build-7',
      SIGNALBOX_TEMPORAL_CLI: '/opt/temporal',
      SIGNALBOX_TEST_SERVER: '/opt/test-server',
      SIGNALBOX_BASH: '/bin/bash',
      SIGNALBOX_REQUIRE_CONTAINMENT: '2',
      SIGNALBOX_GRACE: '1m30s',
      SIGNALBOX_HEARTBEAT_TIMEOUT: '10m',
      SIGNALBOX_LOG_LEVEL: 'warn',
      ARCHON_HOME: '/srv/archon',
      DATABASE_URL: 'postgresql://u:p@db/x',
      TEMPORAL_ADDRESS: '[::1]:7233',
      CI: 'true',
    });
    expect(config).toMatchObject({
      home: '/srv/box',
      hostId: 'build-7',
      temporalCliPath: '/opt/temporal',
      testServerPath: '/opt/test-server',
      bashPath: '/bin/bash',
      weakestContainment: 2,
      graceMs: 90_000,
      heartbeatTimeoutMs: 600_000,
      logLevel: 'warn',
      archonHome: '/srv/archon',
      databaseUrl: 'postgresql://u:p@db/x',
      temporal: { isExternal: true, address: '[::1]:7233' },
      isCi: true,
    });
  });

  it('keeps state where XDG says, and takes a relative XDG_STATE_HOME for none', () => {
    expect(readConfig({ ...HOME, XDG_STATE_HOME: '/var/state/' }).stateDirectory).toBe(
      '/var/state/signalbox',
    );
    expect(readConfig({ ...HOME, XDG_STATE_HOME: 'state' }).stateDirectory).toBe(
      '/home/me/.local/state/signalbox',
    );
  });

  it('tells all faults at once', () => {
    const faults = faultsOf({
      SIGNALBOX_HOME: '~/box',
      SIGNALBOX_GRACE: 'soon',
      SIGNALBOX_HEARTBEAT_TIMEOUT: '1s',
      SIGNALBOX_REQUIRE_CONTAINMENT: '5',
      SIGNALBOX_LOG_LEVEL: 'loud',
      DATABASE_URL: 'sqlite:///x.db',
      TEMPORAL_ADDRESS: 'http://temporal:7233',
    });
    expect(faults).toEqual([
      'SIGNALBOX_HOME is not an absolute path (a tilde is not expanded here)',
      'SIGNALBOX_REQUIRE_CONTAINMENT is none of 1, 2, 3, 4',
      'SIGNALBOX_GRACE is no duration of at least 0 ms (write it like 500ms, 5s, 10m or 1h30m)',
      'SIGNALBOX_HEARTBEAT_TIMEOUT is no duration of at least 5000 ms (write it like 500ms, 5s, 10m or 1h30m)',
      'SIGNALBOX_LOG_LEVEL is none of debug, info, warn, error',
      'DATABASE_URL is no PostgreSQL address (postgres://user:password@host:port/database)',
      'TEMPORAL_ADDRESS is no address of the form host:port',
    ]);
  });

  it('never repeats a password', () => {
    expect(faultsOf({ DATABASE_URL: 'mysql://me:secret@db/x' }).join()).not.toContain('secret');
  });

  it('takes an empty variable for an unset one', () => {
    const config = readConfig({ ...HOME, SIGNALBOX_HOME: '', DATABASE_URL: '', TEMPORAL_ADDRESS: '' });
    expect(config).toMatchObject({
      home: '/home/me/.signalbox',
      databaseUrl: null,
      temporal: { isExternal: false },
    });
  });

  it('keeps an empty host id, which whoever reads it refuses', () => {
    expect(readConfig({ ...HOME, SIGNALBOX_HOST_ID: '' }).hostId).toBe('');
  });

  it.each(['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'])(
    "%s means a Temporal of one's own",
    (name) => {
      expect(readConfig({ ...HOME, [name]: 'host:7233' }).temporal.isExternal).toBe(true);
    },
  );

  it('warns of a variable that it does not know, and names the nearest', () => {
    const { warnings } = readConfig({ ...HOME, SIGNALBOX_HOMES: '/x', SIGNALBOX_QWERTY: '1' });
    expect(warnings).toEqual([
      'SIGNALBOX_HOMES is no variable of signalbox and has no effect; did you mean SIGNALBOX_HOME?',
      'SIGNALBOX_QWERTY is no variable of signalbox and has no effect',
    ]);
  });

  it('warns of Temporal settings that have no effect on the embedded one', () => {
    expect(readConfig({ ...HOME, TEMPORAL_API_KEY: 'k' }).warnings).toEqual([
      'TEMPORAL_API_KEY has no effect without TEMPORAL_ADDRESS: the embedded Temporal is used',
    ]);
    expect(readConfig({ ...HOME, TEMPORAL_API_KEY: 'k', TEMPORAL_ADDRESS: 'cloud:7233' }).warnings).toEqual(
      [],
    );
  });

  it('says nothing about the markers of a node that runs signalbox', () => {
    expect(readConfig({ ...HOME, SIGNALBOX_RUN_ID: 'x', SIGNALBOX_ATTEMPT: 'y' }).warnings).toEqual([]);
  });

  it('passes the whole environment on, empty values too, as a copy', () => {
    const given = { ...HOME, FOO: '1', EMPTY: '', GONE: undefined };
    const { environment } = readConfig(given);
    expect(environment).toEqual({ ...HOME, FOO: '1', EMPTY: '' });
    expect(environment).not.toBe(given);
  });

  it('is frozen, all through', () => {
    const config = readConfig(HOME);
    for (const part of [config, config.temporal, config.environment, config.warnings]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('finds home and user where the environment names none', () => {
    const config = readConfig({});
    expect(config.home).toBe(`${homedir()}/.signalbox`);
    expect(config.user).not.toBe('');
  });

  it('has a table that names each variable once', () => {
    const names = CONFIG_VARIABLES.map((variable) => variable.name);
    expect(new Set(names).size).toBe(names.length);
    for (const { meaning } of CONFIG_VARIABLES) expect(meaning).not.toBe('');
  });
});
