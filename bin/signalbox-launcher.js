// Started by the worker, which has its commands started from here. Nothing for people to call.
import { serveLaunches } from '../dist/src/adapters/box/serve-launches.js';

serveLaunches(process);
