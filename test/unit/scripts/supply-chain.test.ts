import { readFile } from 'node:fs/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('supply chain');

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');

test('no package that production needs runs a script when it is installed', () => {
  const production = packages.filter(([, { dev }]) => dev !== true);
  assert.ok(production.length > 10);
  assert.equal(
    production.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path),
    [],
  );
});

test('each package is pinned by its hash', () => {
  const loose = packages.filter(([, { integrity = '' }]) => !integrity.startsWith('sha512-'));
  assert.equal(
    loose.map(([path]) => path),
    [],
  );
});

test('each dependency is written with its exact version, and production has six and two optional ones', async () => {
  const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Manifest;
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  const written = { ...dependencies, ...devDependencies, ...optionalDependencies };
  for (const [name, version] of Object.entries(written)) {
    assert.match(version, /^\d+\.\d+\.\d+$/, name);
  }
  assert.is(Object.keys(dependencies).length, 6);
  assert.is(Object.keys(optionalDependencies).length, 2);
});

test.run();
