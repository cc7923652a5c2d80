#!/usr/bin/env node
import { runScript } from './bootstrap.mjs';

await runScript('main.ts', process.argv.slice(2));
