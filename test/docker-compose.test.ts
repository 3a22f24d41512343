import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CONFIG_VARIABLES } from '../src/config/variables.js';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[]; readonly retries: number };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly restart?: string;
  readonly init?: boolean;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
}

const file = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), 'utf8');
const text = file('docker-compose.yml');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);
const isOneShot = ({ restart }: Service): boolean => restart?.startsWith('on-failure') === true;

/** Variables that the images themselves document. */
const DOCUMENTED: Readonly<Record<string, readonly string[]>> = {
  postgres: ['POSTGRES_USER', 'POSTGRES_PASSWORD'],
  'temporalio/server': [
    'DB',
    'DB_PORT',
    'POSTGRES_SEEDS',
    'POSTGRES_USER',
    'POSTGRES_PWD',
    'BIND_ON_IP',
    'LOG_LEVEL',
    'DYNAMIC_CONFIG_FILE_PATH',
  ],
  'temporalio/admin-tools': [
    'SQL_PLUGIN',
    'SQL_HOST',
    'SQL_PORT',
    'SQL_USER',
    'SQL_PASSWORD',
    'TEMPORAL_ADDRESS',
  ],
  'temporalio/ui': ['TEMPORAL_ADDRESS'],
};

describe('docker-compose.yml', () => {
  it('has Temporal on Postgres, its Web UI, a Postgres for the run tables, and a worker', () => {
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining(['temporal-postgres', 'temporal', 'temporal-ui', 'postgres', 'worker']),
    );
  });

  it.each(services)(
    '%s: its image is pinned by an exact version, or built here',
    (_name, { image, build }) => {
      if (image === undefined) {
        expect(build).toBe('.');
        return;
      }
      expect(build).toBeUndefined();
      expect(image).toMatch(/^[a-z/-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
    },
  );

  it('runs one version of Temporal', () => {
    const versions = services.flatMap(
      ([, { image }]) => /^temporalio\/(?:server|admin-tools):(.*)$/.exec(image ?? '')?.[1] ?? [],
    );
    expect(new Set(versions)).toEqual(new Set(['1.31.2']));
  });

  it.each(services)('%s: listens on loopback only', (_name, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it.each(services)('%s: has a health check, or ends by itself', (_name, service) => {
    if (isOneShot(service)) return;
    expect(service.healthcheck?.test[0]).toBe('CMD');
    expect(service.healthcheck?.retries).toBeGreaterThan(0);
    expect(service.restart).toBe('unless-stopped');
  });

  it.each(services)(
    '%s: waits for what it needs until that is ready',
    (_name, { depends_on: needs = {} }) => {
      for (const [needed, { condition }] of Object.entries(needs)) {
        const service = compose.services[needed];
        expect(service, `${needed} is a service`).toBeDefined();
        expect(condition).toBe(isOneShot(service!) ? 'service_completed_successfully' : 'service_healthy');
      }
    },
  );

  it.each(services)('%s: knows every variable that it is given', (_name, { image, environment = {} }) => {
    const known =
      image === undefined
        ? CONFIG_VARIABLES.map(({ name }) => name)
        : DOCUMENTED[image.slice(0, image.indexOf(':'))];
    expect(Object.keys(environment).filter((name) => known?.includes(name) !== true)).toEqual([]);
    for (const value of Object.values(environment)) expect(typeof value).toBe('string');
  });

  it('reads nothing from the environment of whoever starts it', () => {
    expect(text.replaceAll('$$', '').match(/\$[{A-Za-z]/g)).toBeNull();
  });

  it('keeps its data in volumes that it declares', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((volume) => volume.split(':')[0]!),
    );
    expect([...new Set(mounted)].sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it('connects the worker to the services beside it', () => {
    const { worker, temporal, postgres } = compose.services;
    const address = new URL(worker!.environment!['DATABASE_URL']!);
    expect(address.hostname).toBe('postgres');
    expect(address.username).toBe(postgres!.environment!['POSTGRES_USER']);
    expect(address.password).toBe(postgres!.environment!['POSTGRES_PASSWORD']);
    expect(worker!.environment!['TEMPORAL_ADDRESS']).toBe('temporal:7233');
    expect(temporal!.ports).toEqual(['127.0.0.1:7233:7233']);
  });

  it('gives Temporal the settings of the local stack, each of the form that Temporal reads', () => {
    const settings = parse(compose.configs['temporal-dynamic-config']!.content) as Record<string, unknown>;
    expect(settings['limit.maxIDLength']).toEqual([{ value: 255 }]);
    for (const setting of Object.values(settings)) {
      expect(setting).toEqual([{ value: expect.anything() as unknown }]);
    }
  });
});

describe('Dockerfile', () => {
  const dockerfile = file('Dockerfile');
  const instructions = dockerfile
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line));

  it('is built on a pinned Node 20', () => {
    const bases = instructions.filter((line) => line.startsWith('FROM'));
    expect(bases).toHaveLength(2);
    for (const base of bases) expect(base).toMatch(/^FROM node:20\.20\.\d+-bookworm-slim( AS build)?$/);
  });

  it('does not run as root', () => {
    const user = instructions.findIndex((line) => line === 'USER node');
    expect(user).toBeGreaterThan(0);
    expect(instructions.slice(user).some((line) => line.startsWith('RUN'))).toBe(false);
  });

  it('copies only what is there and what .dockerignore lets through', () => {
    const allowed = file('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = instructions
      .filter((line) => line.startsWith('COPY') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1));
    expect(copied.filter((path) => !allowed.includes(path))).toEqual([]);
    for (const path of copied)
      expect(existsSync(fileURLToPath(new URL(`../${path}`, import.meta.url))), path).toBe(true);
  });
});
