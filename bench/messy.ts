// Analyses a folder of recordings of `seqgap calibrate --messy` again, writes what it came to into bench/messy.json, and
// prints the table of bench/messy.md. Without a folder: the table of the file as it is.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyseFolder } from '../src/cli/calibrate/messy/folder.js';
import { MESSY_KINDS } from '../src/cli/calibrate/messy/kinds.js';
import { messySchema, type MessyCalibration } from '../src/cli/calibrate/messy/result.js';
import { messyShortfalls, worths } from '../src/cli/calibrate/messy/worth.js';
import { toolVersion } from '../src/terminal.js';
import { messyTable } from './messy-table.js';

const file = join(process.cwd(), 'bench/messy.json');
/** Trials of each kind. */
const WHOLE = 300;
const [folder] = process.argv.slice(2);

/** One cell or miss a line, so that what changes can be seen. */
const written = ({ cells, misses, ...rest }: MessyCalibration): string => {
  const lines = (all: readonly object[]): string =>
    all.map((each) => `\n  ${JSON.stringify(each)}`).join(',');
  const head = JSON.stringify(rest, null, 1).replace(/\n\}$/, '');
  return `${head},\n "cells": [${lines(cells)}\n ],\n "misses": [${lines(misses)}\n ]\n}\n`;
};

if (folder !== undefined) {
  const tool = { name: 'seqgap', version: toolVersion(), node: process.versions.node } as const;
  const result = await analyseFolder(folder, MESSY_KINDS, { tool, complete: true });
  const enough = worths(result.cells).every(({ engine, trials }) => engine !== 'headline' || trials >= WHOLE);
  writeFileSync(file, written({ ...result, complete: enough }));
}
const result = messySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
console.log(`${messyTable(result)}\n${messyShortfalls(result.cells).join('\n')}`);
