import { ERROR_CODES } from '../../core/errors.js';
import type { Command, Finding } from '../context.js';
import { oneLine } from '../render/text.js';

/** Serves runs of this machine and user until a signal ends it. */
export const worker: Command = async ({ services }) => {
  await services.runWorker();
  return { exitCode: 0, json: {}, text: '' };
};

/** Body of the detached process that `up` leaves behind. */
export const superviseStack: Command = async ({ services }) => {
  await services.superviseStack();
  return { exitCode: 0, json: {}, text: '' };
};

/** Registers search attributes and creates or upgrades the tables. */
export const setup: Command = async ({ services }) => {
  const done = await services.setup();
  return { exitCode: 0, json: { done: [...done] }, text: done.map((sentence) => `✓ ${sentence}`).join('\n') };
};

/** Looks at everything that runs depend on, and says what to do about what is wrong. */
export const doctor: Command = async ({ services, out, isJson }) => {
  const findings: Finding[] = [];
  await services.examine((finding) => {
    findings.push(finding);
    if (!isJson) out.write(`${renderFinding(finding)}\n`);
  });
  const failed = findings.filter((finding) => finding.verdict === 'fail');
  const warned = findings.filter((finding) => finding.verdict === 'warn').length;
  const message = `${failed.length} of ${findings.length} checks failed: ${failed.map(({ name }) => name).join(', ')}`;
  const json = { findings: findings.map((finding) => ({ ...finding })) };
  if (failed.length > 0) {
    return {
      exitCode: ERROR_CODES.DOCTOR_FOUND_FAULTS.exitCode,
      json: { ...json, error: { code: 'DOCTOR_FOUND_FAULTS', message } },
      text: `✖ ${message}`,
    };
  }
  return {
    exitCode: 0,
    json,
    text: warned === 0 ? '✓ all is well' : `✓ signalbox works here; warnings: ${warned}`,
  };
};

function renderFinding({ verdict, name, text, advice }: Finding): string {
  const line = `${verdict.padEnd(5)}${name.padEnd(20)} ${oneLine(text, 1000)}`;
  return advice === null ? line : `${line}\n     ${' '.repeat(20)} → ${oneLine(advice, 1000)}`;
}
