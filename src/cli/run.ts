import type { SternaClient } from '../client/index.js';
import type { Output } from './output.js';

/** Runs a command's work and ends the process with its exit code. */
export type Run = (work: (output: Output) => Promise<number>) => Promise<void>;
export type RunWithClient = (work: (client: SternaClient, output: Output) => Promise<number>) => Promise<void>;
