#!/usr/bin/env node
import { listenForStops } from './stop-signals.js';

listenForStops();
// Loaded only now: Ctrl-C counts from the first instant.
const { main } = await import('./cli/main.js');
const { whenWritten } = await import('./terminal.js');

process.exitCode = await main(process.argv.slice(2));
// Open handles (an SSH connection that hangs, a pipe nobody reads) must not keep a finished program alive; but
// everything printed is to reach its reader first.
whenWritten(() => process.exit());
