import { boxContract } from '../ports/box.contract.js';
import { fakePrograms, makeFakeBox } from './fake-box.js';
import { tempDirectory } from './temp-directory.js';

boxContract('the fake box', () =>
  Promise.resolve({ box: makeFakeBox(), programs: fakePrograms, directory: tempDirectory() }),
);
