import { runReaderContract } from '../ports/run-reader.contract.js';
import { runTableContract } from '../ports/run-table.contract.js';
import { textStoreContract } from '../ports/text-store.contract.js';
import { FakeRunTable } from './fake-run-table.js';
import { FakeTextStore } from './fake-text-store.js';

const subject = () => {
  const fake = new FakeRunTable();
  return Promise.resolve({
    table: fake,
    reader: fake,
    addArchonRun: (record: Parameters<FakeRunTable['addArchonRun']>[0]) => {
      fake.addArchonRun(record);
      return Promise.resolve();
    },
  });
};

runTableContract('in memory', subject);
runReaderContract('in memory', subject);
textStoreContract('in memory', () => Promise.resolve(new FakeTextStore()));
