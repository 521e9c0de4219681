'use strict';
const { existsSync } = require('node:fs');
const { createRequire, isBuiltin } = require('node:module');
const path = require('node:path');

/** Resolves imports for eslint-plugin-boundaries: our sources name `./x.js` where `./x.ts` stands. */
exports.interfaceVersion = 2;

/**
 * @param {string} source
 * @param {string} file
 */
exports.resolve = (source, file) => {
  if (isBuiltin(source)) return { found: true, path: null };
  if (source.startsWith('.')) {
    // A file that is not there resolves too: that it is missing is for tsc to say.
    const asWritten = path.resolve(path.dirname(file), source);
    return { found: true, path: existsSync(asWritten) ? asWritten : asWritten.replace(/\.(m?)js$/, '.$1ts') };
  }
  try {
    return { found: true, path: createRequire(file).resolve(source) };
  } catch {
    return { found: false }; // types only, or not installed: tsc is the one to tell
  }
};
