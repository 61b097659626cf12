#!/usr/bin/env node
import { main } from './cli/main.js';
import { whenWritten } from './terminal.js';

process.exitCode = await main(process.argv.slice(2));
// Open handles (an SSH connection that hangs, a pipe nobody reads) must not keep a finished program alive; but
// everything printed is to reach its reader first.
whenWritten(() => process.exit());
