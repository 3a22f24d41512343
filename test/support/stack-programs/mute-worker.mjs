// A worker that never says that it is ready: it complains and ends.
console.error('the worker has no words');
process.exit(3);
