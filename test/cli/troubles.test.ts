import { describe, expect, it } from 'vitest';
import { troublesOf } from '../../src/cli/render/troubles.js';
import { renderRecord } from '../../src/cli/render/run-record.js';
import { anArchonRun } from '../ports/run-table.contract.js';

const SINCE = '2026-11-22T09:00:00.000Z';
const marked = (...kinds: string[]) => ({
  signalbox_troubles: kinds.map((kind) => ({ kind, text: `about ${kind}` })),
});

describe('what hinders a run', () => {
  it('is nothing in a row that says nothing', () => {
    expect(troublesOf(anArchonRun())).toEqual([]);
  });

  it('is what its row is marked with, and the silence of its host', () => {
    const record = anArchonRun({
      hostId: 'laptop',
      hostSilentSince: SINCE,
      metadata: marked('run_paused', 'activity_paused'),
    });
    expect(troublesOf(record)).toEqual([
      expect.stringContaining('no worker has been heard of on its host laptop since 2026-11-22 09:00:00'),
      'about run_paused',
      'about activity_paused',
    ]);
  });

  it('is not a silence that was marked: the signs of life themselves are newer', () => {
    expect(troublesOf(anArchonRun({ metadata: marked('host_silent') }))).toEqual([]);
  });

  it('stands in the block of a run, a line for each', () => {
    const record = anArchonRun({ metadata: marked('run_paused', 'workflow_task_stuck') });
    const lines = renderRecord(record, new Date(SINCE)).split('\n');
    expect(lines.filter((line) => line.startsWith('trouble'))).toEqual([
      'trouble    about run_paused',
      'trouble    about workflow_task_stuck',
    ]);
  });
});
