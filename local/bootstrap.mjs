/**
 * Runs a script of this project on the Node that the project brings, after installing the packages when they are
 * missing, or not those of the lock file with the patches as they are. Plain JavaScript without packages: any Node from
 * 20 on runs it.
 *
 *   node local/bootstrap.mjs SCRIPT ARGUMENT...
 */
import { spawn } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const bundledNode = join(modules, 'node', 'bin', 'node');

/** Runs the script (a path in the project) and ends this process as the script ended. */
export async function runScript(script, args) {
  if (!packagesAreCurrent()) {
    await installPackages();
  }
  const child = spawn(bundledNode, [join(root, script), ...args], {
    stdio: 'inherit',
    env: {
      // Compiling is most of what a short command does: it is done once, for all that run after it.
      NODE_COMPILE_CACHE: join(modules, '.cache', 'compiled'),
      ...process.env,
      PATH: `${join(modules, '.bin')}:${process.env.PATH}`,
    },
  });
  passSignals(child);
  child.once('exit', (code, signal) => {
    if (signal === null) {
      process.exit(code);
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** A terminal sends Ctrl-C to the script as well; every other signal is meant for the script alone. */
function passSignals(child) {
  for (const signal of ['SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) {
      child.kill('SIGINT');
    }
  });
}

/** npm writes down what it has installed: the packages of the lock file, except optional ones of other platforms. */
function packagesAreCurrent() {
  const installed = packagesOf(join(modules, '.package-lock.json'));
  const wanted = packagesOf(join(root, 'package-lock.json'));
  return (
    existsSync(bundledNode) &&
    patchesAreApplied() &&
    Object.entries(wanted).every(([path, { version, optional }]) =>
      path in installed ? installed[path].version === version : path === '' || optional === true,
    )
  );
}

/** A patch that came after the packages, with a `git pull` say, is not in them, and no lock file tells of it. */
function patchesAreApplied() {
  const installedMs = changedMs(join(modules, '.package-lock.json'));
  const patches = join(root, 'patches');
  const names = existsSync(patches) ? readdirSync(patches) : [];
  return names.every((name) => changedMs(join(patches, name)) <= installedMs);
}

function changedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  } catch {
    // It is not there, or an interrupted npm has left it half: npm tells what is wrong with it, if it still is.
    return {};
  }
}

async function installPackages() {
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    // npm would empty the folder that it leads to, which belongs to somebody else.
    process.stderr.write(
      `${modules} is a link to ${readlinkSync(modules)}, which does not hold the packages of this lock file.\n` +
        'Remove the link, and start again: the packages are then installed here.\n',
    );
    process.exit(1);
  }
  process.stdout.write('Installing packages (npm ci) … ');
  const begin = performance.now();
  // Warnings would only say that the host's Node is older than what some packages ask for: the project brings its own.
  const { code, output } = await run('npm', ['ci', '--loglevel=error']);
  if (code !== 0 || !existsSync(bundledNode)) {
    process.stdout.write('failed\n');
    process.stderr.write(`${output}\n${adviceFor(code, output)}\n`);
    process.exit(1);
  }
  process.stdout.write(`${((performance.now() - begin) / 1000).toFixed(1)} s\n`);
}

function adviceFor(code, output) {
  if (code === null) {
    return 'npm is not to be found: install Node 20 or later with npm, then try again.';
  }
  if (code === 0) {
    return 'The packages are there, but Node 24 did not come with them: npm must be allowed to run their install scripts (npm config get ignore-scripts).';
  }
  if (output.includes('ENOSPC')) {
    return 'The disk is full: free some space, then try again.';
  }
  return "npm could not install the packages: check the network and npm's settings (npm config list), then try again.";
}

function run(file, args) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (text) => {
      output += text;
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.once('error', (error) => resolve({ code: null, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [script, ...args] = process.argv.slice(2);
  await runScript(script, args);
}
