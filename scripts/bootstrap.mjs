/**
 * `bootstrap.mjs COMMAND [ARG…]`: installs what a command lacks, builds, and runs the command.
 * Needs nothing but Node and npm, so that one command is enough on a fresh machine.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Command: Debian package it comes from. */
const tools = JSON.parse(readFileSync(join(root, 'scripts/tools.json'), 'utf8'));

/** What only measuring needs: a compiler, and those it measures beside. */
const peers = {
  cc: 'gcc libc6-dev',
  haproxy: 'haproxy',
  nginx: 'nginx libnginx-mod-stream',
  wrk: 'wrk',
};

const commands = {
  bench: {
    script: 'dist/scripts/bench/main.js',
    wants: ['etcd', 'etcdctl', 'dnsmasq', ...Object.keys(peers)],
  },
  check: { script: 'dist/scripts/check.js', wants: [] },
  demo: { script: 'dist/scripts/demo.js', wants: ['etcd', 'etcdctl'] },
  fuzz: { script: 'dist/scripts/fuzz.js', wants: [] },
  nemesis: {
    script: 'dist/test/nemesis/main.js',
    wants: ['dnsmasq', 'etcd', 'etcdctl', 'python3'],
  },
  package: { script: 'dist/scripts/package/main.js', wants: ['readelf'] },
  simulate: { script: 'dist/test/simulation/main.js', wants: [] },
  soak: { script: 'dist/scripts/soak.js', wants: [] },
  test: { script: 'dist/scripts/run-tests.js', wants: Object.keys(tools) },
};

function main([name, ...args]) {
  const command = commands[name];
  if (command === undefined) {
    fail(`${name}: no such command (one of ${Object.keys(commands).join(', ')})`);
  }
  installPackages();
  installTools(command.wants);
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.']);
  run(process.execPath, ['dist/scripts/bundle.js']);
  process.exitCode = run(process.execPath, [command.script, ...args], { mayFail: true });
}

/** `npm ci` unless what is installed is what the lock file says. */
function installPackages() {
  if (isInstalled()) return;
  console.log('installing packages: npm ci');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

function isInstalled() {
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  const wanted = readPackages(join(root, 'package-lock.json'));
  if (installed === undefined || wanted === undefined) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || optional === true || installed[path]?.version === version,
  );
}

function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined;
}

/** As root on Debian; elsewhere what needs a missing command is skipped, and says so. */
function installTools(wanted) {
  const missing = wanted.filter((tool) => !hasCommand(tool));
  if (missing.length === 0) return;
  const names = missing.flatMap((tool) => (tools[tool] ?? peers[tool]).split(' '));
  const packages = [...new Set(names)];
  if (process.getuid?.() !== 0 || !hasCommand('apt-get')) {
    console.log(`going on without ${missing.join(', ')} (packages: ${packages.join(' ')})`);
    return;
  }
  console.log(`installing ${packages.join(' ')}`);
  withoutServices((env) => {
    run('apt-get', ['-qq', 'update'], { mayFail: true, env, quiet: true });
    const refused = packages.filter((name) => !aptInstall(name, env));
    if (refused.length > 0) console.log(`going on without ${refused.join(', ')}: not installable`);
  });
}

/** One by one: a package that cannot be had must not keep the others away. */
function aptInstall(name, env) {
  const patience = ['-o', 'DPkg::Lock::Timeout=120'];
  const flags = ['-qq', '-y', ...patience, '--no-install-recommends', 'install', name];
  return run('apt-get', flags, { mayFail: true, env, quiet: true }) === 0;
}

/**
 * Debian starts the services of etcd-server, knot and prometheus when it installs them; tests
 * start their own. A policy that forbids it (invoke-rc.d(8)) stands while packages are installed,
 * unless the machine has one already.
 */
function withoutServices(install) {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  // With a listener, Ctrl-C ends apt-get but not this process before it has cleaned up.
  process.once('SIGINT', () => process.exit(130));
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    install({ ...process.env, DEBIAN_FRONTEND: 'noninteractive' });
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

function hasCommand(command) {
  const path = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return path.some((dir) => dir !== '' && isExecutable(join(dir, command)));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs in the project; ends this process if it fails, unless it may. Returns the exit code. */
function run(command, args, { mayFail = false, env = process.env, quiet = false } = {}) {
  const stdio = quiet ? 'ignore' : 'inherit';
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio });
  if (error) fail(`${command} did not start: ${error.message}`);
  const code = status ?? 1;
  if (code !== 0 && !mayFail) fail(`${command} ${args.join(' ')} failed with exit code ${code}`);
  return code;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

main(process.argv.slice(2));
