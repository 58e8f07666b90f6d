import { readFileSync } from 'node:fs';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseAllDocuments } from 'yaml';

import { parseConfig } from '../../../src/config/parse.js';
import { isRecord, listIn, recordIn, type RawRecord } from '../../../src/config/raw.js';
import type { Config } from '../../../src/model/config.js';

const test = suite('Kubernetes manifests');
const text = readFileSync(
  new URL('../../../../config/kubernetes/etcd-gateway.yaml', import.meta.url), // seen from dist/test
  'utf8',
);

function manifest(kind: string): RawRecord {
  const documents = parseAllDocuments(text, { strict: true, uniqueKeys: true });
  const found = documents.map((document) => document.toJS() as unknown).filter(isRecord);
  return recordIn(found.find((each) => each.kind === kind));
}

/** What stands at a path of keys and places. */
function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof key === 'number' ? listIn(inner)[key] : recordIn(inner)[key]),
    value,
  );
}

function config(): Config {
  const file = String(at(manifest('ConfigMap'), 'data', 'gateway.yaml'));
  const parsed = parseConfig(Buffer.from(file), 'gateway.yaml');
  if (parsed.kind !== 'config') throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

const pod = () => at(manifest('DaemonSet'), 'spec', 'template', 'spec');
const container = () => at(pod(), 'containers', 0);

test('are YAML without a mistake or a warning', () => {
  for (const { errors, warnings } of parseAllDocuments(text, { strict: true, uniqueKeys: true })) {
    assert.equal([...errors, ...warnings], []);
  }
});

test('hold a configuration that the gateway takes', () => {
  assert.is(config().gateways.length, 1);
});

test('start the gateway with the file that the ConfigMap brings, as a folder', () => {
  const [mount] = listIn(at(container(), 'volumeMounts'));
  assert.is(at(mount, 'subPath'), undefined);
  const command = listIn(at(container(), 'command'));
  assert.is(command.at(-1), `${String(at(mount, 'mountPath'))}/gateway.yaml`);
  const volume = listIn(at(pod(), 'volumes')).find(
    (each) => at(each, 'name') === at(mount, 'name'),
  );
  assert.is(at(volume, 'configMap', 'name'), at(manifest('ConfigMap'), 'metadata', 'name'));
});

test('probe the admin server where it listens', () => {
  const { listen } = config().admin;
  const probes = ['livenessProbe', 'readinessProbe'].map((name) =>
    at(container(), name, 'httpGet'),
  );
  for (const probe of probes) {
    assert.equal(listen, { kind: 'tcp', host: at(probe, 'host'), port: at(probe, 'port') });
  }
  assert.equal(
    probes.map((probe) => at(probe, 'path')),
    ['/livez', '/readyz'],
  );
});

test('leave sessions the time to finish, and select the pods they make', () => {
  const graceSeconds = Number(at(pod(), 'terminationGracePeriodSeconds'));
  assert.ok(graceSeconds * 1_000 > config().shutdown.drainTimeoutMs);
  assert.equal(
    at(manifest('DaemonSet'), 'spec', 'selector', 'matchLabels'),
    at(manifest('DaemonSet'), 'spec', 'template', 'metadata', 'labels'),
  );
});

test.run();
