import { makeFakeEnvironmentStore } from './fake-environment-store.js';
import { makeFakeRunFiles } from './fake-run-files.js';
import { environmentStoreContract } from '../ports/environment-store.contract.js';
import { runFilesContract } from '../ports/run-files.contract.js';

environmentStoreContract('the fake store', () => Promise.resolve(makeFakeEnvironmentStore()));
runFilesContract('the fake keeper', () =>
  Promise.resolve({ files: makeFakeRunFiles(), workingPaths: ['/home/me/one', '/home/me/other'] }),
);
