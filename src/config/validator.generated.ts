// Generated from schemas/gateway.schema.json by scripts/generate.ts; edit there.
// @ts-nocheck: ajv writes JavaScript
import type { ValidateFunction } from 'ajv';
import ucs2length = require('ajv/dist/runtime/ucs2length.js');

import { durationBounds, formatChecks } from './schema-checks.js';
import { schema } from './schema.generated.js';

export const validateSchema: ValidateFunction = validate0;

const schema0 = schema;
const func0 = Object.prototype.hasOwnProperty;
const pattern0 = new RegExp('^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$', 'u');
const schema1 = schema.$defs.gateway;
const formats0 = formatChecks['listen-address'];
const formats4 = formatChecks['file-mode'];
const formats10 = formatChecks.domain;
const formats12 = formatChecks['service-name'];
const formats14 = formatChecks['optional-file-path'];
const formats16 = formatChecks['go-duration'];
const formats56 = formatChecks.cidr;
const schema2 = schema.$defs.endpoint;
const formats6 = formatChecks['endpoint-address'];

function validate2(
  data,
  { instancePath = '', parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {},
) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate2.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (typeof data !== 'string' && !(data && typeof data == 'object' && !Array.isArray(data))) {
    const err0 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: schema2.type },
      schema: schema2.type,
      parentSchema: schema2,
      data,
    };
    if (vErrors === null) {
      vErrors = [err0];
    } else {
      vErrors.push(err0);
    }
    errors++;
  }
  if (typeof data === 'string') {
    if (!formats6(data)) {
      const err1 = {
        instancePath,
        schemaPath: '#/format',
        keyword: 'format',
        params: { format: 'endpoint-address' },
        schema: 'endpoint-address',
        parentSchema: schema2,
        data,
      };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data.addr === undefined || !func0.call(data, 'addr')) {
      const err2 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'addr' },
        schema: schema2.required,
        parentSchema: schema2,
        data,
      };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    for (const key0 of Object.keys(data)) {
      if (!(
        key0 === 'addr' ||
        key0 === 'weight' ||
        key0 === 'priority' ||
        key0 === 'max-sessions' ||
        key0 === 'drain'
      )) {
        const err3 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          schema: false,
          parentSchema: schema2,
          data,
        };
        if (vErrors === null) {
          vErrors = [err3];
        } else {
          vErrors.push(err3);
        }
        errors++;
      }
    }
    if (data.addr !== undefined && func0.call(data, 'addr')) {
      let data0 = data.addr;
      if (typeof data0 === 'string') {
        if (!formats6(data0)) {
          const err4 = {
            instancePath: instancePath + '/addr',
            schemaPath: '#/properties/addr/format',
            keyword: 'format',
            params: { format: 'endpoint-address' },
            schema: 'endpoint-address',
            parentSchema: schema2.properties.addr,
            data: data0,
          };
          if (vErrors === null) {
            vErrors = [err4];
          } else {
            vErrors.push(err4);
          }
          errors++;
        }
      } else {
        const err5 = {
          instancePath: instancePath + '/addr',
          schemaPath: '#/properties/addr/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema2.properties.addr.type,
          parentSchema: schema2.properties.addr,
          data: data0,
        };
        if (vErrors === null) {
          vErrors = [err5];
        } else {
          vErrors.push(err5);
        }
        errors++;
      }
    }
    if (data.weight !== undefined && func0.call(data, 'weight')) {
      let data1 = data.weight;
      if (!(typeof data1 == 'number' && !(data1 % 1) && !isNaN(data1) && isFinite(data1))) {
        const err6 = {
          instancePath: instancePath + '/weight',
          schemaPath: '#/properties/weight/type',
          keyword: 'type',
          params: { type: 'integer' },
          schema: schema2.properties.weight.type,
          parentSchema: schema2.properties.weight,
          data: data1,
        };
        if (vErrors === null) {
          vErrors = [err6];
        } else {
          vErrors.push(err6);
        }
        errors++;
      }
      if (typeof data1 == 'number' && isFinite(data1)) {
        if (data1 > 65535 || isNaN(data1)) {
          const err7 = {
            instancePath: instancePath + '/weight',
            schemaPath: '#/properties/weight/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 65535 },
            schema: 65535,
            parentSchema: schema2.properties.weight,
            data: data1,
          };
          if (vErrors === null) {
            vErrors = [err7];
          } else {
            vErrors.push(err7);
          }
          errors++;
        }
        if (data1 < 0 || isNaN(data1)) {
          const err8 = {
            instancePath: instancePath + '/weight',
            schemaPath: '#/properties/weight/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 0 },
            schema: 0,
            parentSchema: schema2.properties.weight,
            data: data1,
          };
          if (vErrors === null) {
            vErrors = [err8];
          } else {
            vErrors.push(err8);
          }
          errors++;
        }
      }
    }
    if (data.priority !== undefined && func0.call(data, 'priority')) {
      let data2 = data.priority;
      if (!(typeof data2 == 'number' && !(data2 % 1) && !isNaN(data2) && isFinite(data2))) {
        const err9 = {
          instancePath: instancePath + '/priority',
          schemaPath: '#/properties/priority/type',
          keyword: 'type',
          params: { type: 'integer' },
          schema: schema2.properties.priority.type,
          parentSchema: schema2.properties.priority,
          data: data2,
        };
        if (vErrors === null) {
          vErrors = [err9];
        } else {
          vErrors.push(err9);
        }
        errors++;
      }
      if (typeof data2 == 'number' && isFinite(data2)) {
        if (data2 > 65535 || isNaN(data2)) {
          const err10 = {
            instancePath: instancePath + '/priority',
            schemaPath: '#/properties/priority/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 65535 },
            schema: 65535,
            parentSchema: schema2.properties.priority,
            data: data2,
          };
          if (vErrors === null) {
            vErrors = [err10];
          } else {
            vErrors.push(err10);
          }
          errors++;
        }
        if (data2 < 0 || isNaN(data2)) {
          const err11 = {
            instancePath: instancePath + '/priority',
            schemaPath: '#/properties/priority/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 0 },
            schema: 0,
            parentSchema: schema2.properties.priority,
            data: data2,
          };
          if (vErrors === null) {
            vErrors = [err11];
          } else {
            vErrors.push(err11);
          }
          errors++;
        }
      }
    }
    if (data['max-sessions'] !== undefined && func0.call(data, 'max-sessions')) {
      let data3 = data['max-sessions'];
      if (!(typeof data3 == 'number' && !(data3 % 1) && !isNaN(data3) && isFinite(data3))) {
        const err12 = {
          instancePath: instancePath + '/max-sessions',
          schemaPath: '#/properties/max-sessions/type',
          keyword: 'type',
          params: { type: 'integer' },
          schema: schema2.properties['max-sessions'].type,
          parentSchema: schema2.properties['max-sessions'],
          data: data3,
        };
        if (vErrors === null) {
          vErrors = [err12];
        } else {
          vErrors.push(err12);
        }
        errors++;
      }
      if (typeof data3 == 'number' && isFinite(data3)) {
        if (data3 > 1000000 || isNaN(data3)) {
          const err13 = {
            instancePath: instancePath + '/max-sessions',
            schemaPath: '#/properties/max-sessions/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 1000000 },
            schema: 1000000,
            parentSchema: schema2.properties['max-sessions'],
            data: data3,
          };
          if (vErrors === null) {
            vErrors = [err13];
          } else {
            vErrors.push(err13);
          }
          errors++;
        }
        if (data3 < 0 || isNaN(data3)) {
          const err14 = {
            instancePath: instancePath + '/max-sessions',
            schemaPath: '#/properties/max-sessions/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 0 },
            schema: 0,
            parentSchema: schema2.properties['max-sessions'],
            data: data3,
          };
          if (vErrors === null) {
            vErrors = [err14];
          } else {
            vErrors.push(err14);
          }
          errors++;
        }
      }
    }
    if (data.drain !== undefined && func0.call(data, 'drain')) {
      let data4 = data.drain;
      if (typeof data4 !== 'boolean') {
        const err15 = {
          instancePath: instancePath + '/drain',
          schemaPath: '#/properties/drain/type',
          keyword: 'type',
          params: { type: 'boolean' },
          schema: schema2.properties.drain.type,
          parentSchema: schema2.properties.drain,
          data: data4,
        };
        if (vErrors === null) {
          vErrors = [err15];
        } else {
          vErrors.push(err15);
        }
        errors++;
      }
    }
  }
  validate2.errors = vErrors;
  return errors === 0;
}
validate2.evaluated = { props: true, dynamicProps: false, dynamicItems: false };

const schema3 = schema.$defs.memberDiscovery;
const func26 = ucs2length.default;
const formats18 = formatChecks['file-path'];
const schema4 = schema.$defs.tls;
const formats24 = formatChecks['host-name'];

function validate5(
  data,
  { instancePath = '', parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {},
) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate5.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    for (const key0 of Object.keys(data)) {
      if (!(
        key0 === 'ca-file' ||
        key0 === 'cert-file' ||
        key0 === 'key-file' ||
        key0 === 'server-name'
      )) {
        const err0 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          schema: false,
          parentSchema: schema4,
          data,
        };
        if (vErrors === null) {
          vErrors = [err0];
        } else {
          vErrors.push(err0);
        }
        errors++;
      }
    }
    if (data['ca-file'] !== undefined && func0.call(data, 'ca-file')) {
      let data0 = data['ca-file'];
      if (typeof data0 === 'string') {
        if (!formats18(data0)) {
          const err1 = {
            instancePath: instancePath + '/ca-file',
            schemaPath: '#/properties/ca-file/format',
            keyword: 'format',
            params: { format: 'file-path' },
            schema: 'file-path',
            parentSchema: schema4.properties['ca-file'],
            data: data0,
          };
          if (vErrors === null) {
            vErrors = [err1];
          } else {
            vErrors.push(err1);
          }
          errors++;
        }
      } else {
        const err2 = {
          instancePath: instancePath + '/ca-file',
          schemaPath: '#/properties/ca-file/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema4.properties['ca-file'].type,
          parentSchema: schema4.properties['ca-file'],
          data: data0,
        };
        if (vErrors === null) {
          vErrors = [err2];
        } else {
          vErrors.push(err2);
        }
        errors++;
      }
    }
    if (data['cert-file'] !== undefined && func0.call(data, 'cert-file')) {
      let data1 = data['cert-file'];
      if (typeof data1 === 'string') {
        if (!formats18(data1)) {
          const err3 = {
            instancePath: instancePath + '/cert-file',
            schemaPath: '#/properties/cert-file/format',
            keyword: 'format',
            params: { format: 'file-path' },
            schema: 'file-path',
            parentSchema: schema4.properties['cert-file'],
            data: data1,
          };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
      } else {
        const err4 = {
          instancePath: instancePath + '/cert-file',
          schemaPath: '#/properties/cert-file/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema4.properties['cert-file'].type,
          parentSchema: schema4.properties['cert-file'],
          data: data1,
        };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
    if (data['key-file'] !== undefined && func0.call(data, 'key-file')) {
      let data2 = data['key-file'];
      if (typeof data2 === 'string') {
        if (!formats18(data2)) {
          const err5 = {
            instancePath: instancePath + '/key-file',
            schemaPath: '#/properties/key-file/format',
            keyword: 'format',
            params: { format: 'file-path' },
            schema: 'file-path',
            parentSchema: schema4.properties['key-file'],
            data: data2,
          };
          if (vErrors === null) {
            vErrors = [err5];
          } else {
            vErrors.push(err5);
          }
          errors++;
        }
      } else {
        const err6 = {
          instancePath: instancePath + '/key-file',
          schemaPath: '#/properties/key-file/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema4.properties['key-file'].type,
          parentSchema: schema4.properties['key-file'],
          data: data2,
        };
        if (vErrors === null) {
          vErrors = [err6];
        } else {
          vErrors.push(err6);
        }
        errors++;
      }
    }
    if (data['server-name'] !== undefined && func0.call(data, 'server-name')) {
      let data3 = data['server-name'];
      if (typeof data3 === 'string') {
        if (!formats24(data3)) {
          const err7 = {
            instancePath: instancePath + '/server-name',
            schemaPath: '#/properties/server-name/format',
            keyword: 'format',
            params: { format: 'host-name' },
            schema: 'host-name',
            parentSchema: schema4.properties['server-name'],
            data: data3,
          };
          if (vErrors === null) {
            vErrors = [err7];
          } else {
            vErrors.push(err7);
          }
          errors++;
        }
      } else {
        const err8 = {
          instancePath: instancePath + '/server-name',
          schemaPath: '#/properties/server-name/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema4.properties['server-name'].type,
          parentSchema: schema4.properties['server-name'],
          data: data3,
        };
        if (vErrors === null) {
          vErrors = [err8];
        } else {
          vErrors.push(err8);
        }
        errors++;
      }
    }
  } else {
    const err9 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' },
      schema: schema4.type,
      parentSchema: schema4,
      data,
    };
    if (vErrors === null) {
      vErrors = [err9];
    } else {
      vErrors.push(err9);
    }
    errors++;
  }
  validate5.errors = vErrors;
  return errors === 0;
}
validate5.evaluated = { props: true, dynamicProps: false, dynamicItems: false };

function validate4(
  data,
  { instancePath = '', parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {},
) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate4.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    for (const key0 of Object.keys(data)) {
      if (!(
        key0 === 'interval' ||
        key0 === 'tls' ||
        key0 === 'username' ||
        key0 === 'password-file'
      )) {
        const err0 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          schema: false,
          parentSchema: schema3,
          data,
        };
        if (vErrors === null) {
          vErrors = [err0];
        } else {
          vErrors.push(err0);
        }
        errors++;
      }
    }
    if (data.interval !== undefined && func0.call(data, 'interval')) {
      let data0 = data.interval;
      if (typeof data0 === 'string') {
        if (!formats16(data0)) {
          const err1 = {
            instancePath: instancePath + '/interval',
            schemaPath: '#/properties/interval/format',
            keyword: 'format',
            params: { format: 'go-duration' },
            schema: 'go-duration',
            parentSchema: schema3.properties.interval,
            data: data0,
          };
          if (vErrors === null) {
            vErrors = [err1];
          } else {
            vErrors.push(err1);
          }
          errors++;
        }
        if (!durationBounds.minDuration(data0, 1000)) {
          const err2 = {
            instancePath: instancePath + '/interval',
            schemaPath: '#/properties/interval/minDuration',
            keyword: 'minDuration',
            params: {},
            schema: '1s',
            parentSchema: schema3.properties.interval,
            data: data0,
          };
          if (vErrors === null) {
            vErrors = [err2];
          } else {
            vErrors.push(err2);
          }
          errors++;
        }
        if (!durationBounds.maxDuration(data0, 86400000)) {
          const err3 = {
            instancePath: instancePath + '/interval',
            schemaPath: '#/properties/interval/maxDuration',
            keyword: 'maxDuration',
            params: {},
            schema: '24h',
            parentSchema: schema3.properties.interval,
            data: data0,
          };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
      } else {
        const err4 = {
          instancePath: instancePath + '/interval',
          schemaPath: '#/properties/interval/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema3.properties.interval.type,
          parentSchema: schema3.properties.interval,
          data: data0,
        };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
    if (data.tls !== undefined && func0.call(data, 'tls')) {
      if (
        !validate5(data.tls, {
          instancePath: instancePath + '/tls',
          parentData: data,
          parentDataProperty: 'tls',
          rootData,
          dynamicAnchors,
        })
      ) {
        vErrors = vErrors === null ? validate5.errors : vErrors.concat(validate5.errors);
        errors = vErrors.length;
      }
    }
    if (data.username !== undefined && func0.call(data, 'username')) {
      let data2 = data.username;
      if (typeof data2 === 'string') {
        if (func26(data2) > 256) {
          const err5 = {
            instancePath: instancePath + '/username',
            schemaPath: '#/properties/username/maxLength',
            keyword: 'maxLength',
            params: { limit: 256 },
            schema: 256,
            parentSchema: schema3.properties.username,
            data: data2,
          };
          if (vErrors === null) {
            vErrors = [err5];
          } else {
            vErrors.push(err5);
          }
          errors++;
        }
        if (func26(data2) < 1) {
          const err6 = {
            instancePath: instancePath + '/username',
            schemaPath: '#/properties/username/minLength',
            keyword: 'minLength',
            params: { limit: 1 },
            schema: 1,
            parentSchema: schema3.properties.username,
            data: data2,
          };
          if (vErrors === null) {
            vErrors = [err6];
          } else {
            vErrors.push(err6);
          }
          errors++;
        }
      } else {
        const err7 = {
          instancePath: instancePath + '/username',
          schemaPath: '#/properties/username/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema3.properties.username.type,
          parentSchema: schema3.properties.username,
          data: data2,
        };
        if (vErrors === null) {
          vErrors = [err7];
        } else {
          vErrors.push(err7);
        }
        errors++;
      }
    }
    if (data['password-file'] !== undefined && func0.call(data, 'password-file')) {
      let data3 = data['password-file'];
      if (typeof data3 === 'string') {
        if (!formats18(data3)) {
          const err8 = {
            instancePath: instancePath + '/password-file',
            schemaPath: '#/properties/password-file/format',
            keyword: 'format',
            params: { format: 'file-path' },
            schema: 'file-path',
            parentSchema: schema3.properties['password-file'],
            data: data3,
          };
          if (vErrors === null) {
            vErrors = [err8];
          } else {
            vErrors.push(err8);
          }
          errors++;
        }
      } else {
        const err9 = {
          instancePath: instancePath + '/password-file',
          schemaPath: '#/properties/password-file/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema3.properties['password-file'].type,
          parentSchema: schema3.properties['password-file'],
          data: data3,
        };
        if (vErrors === null) {
          vErrors = [err9];
        } else {
          vErrors.push(err9);
        }
        errors++;
      }
    }
  } else {
    const err10 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' },
      schema: schema3.type,
      parentSchema: schema3,
      data,
    };
    if (vErrors === null) {
      vErrors = [err10];
    } else {
      vErrors.push(err10);
    }
    errors++;
  }
  validate4.errors = vErrors;
  return errors === 0;
}
validate4.evaluated = { props: true, dynamicProps: false, dynamicItems: false };

const schema5 = schema.$defs.healthCheck;

function validate8(
  data,
  { instancePath = '', parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {},
) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate8.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    for (const key0 of Object.keys(data)) {
      if (!(
        key0 === 'type' ||
        key0 === 'port' ||
        key0 === 'interval' ||
        key0 === 'timeout' ||
        key0 === 'rise' ||
        key0 === 'fall' ||
        key0 === 'tls'
      )) {
        const err0 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          schema: false,
          parentSchema: schema5,
          data,
        };
        if (vErrors === null) {
          vErrors = [err0];
        } else {
          vErrors.push(err0);
        }
        errors++;
      }
    }
    if (data.type !== undefined && func0.call(data, 'type')) {
      let data0 = data.type;
      if (typeof data0 !== 'string') {
        const err1 = {
          instancePath: instancePath + '/type',
          schemaPath: '#/properties/type/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema5.properties.type.type,
          parentSchema: schema5.properties.type,
          data: data0,
        };
        if (vErrors === null) {
          vErrors = [err1];
        } else {
          vErrors.push(err1);
        }
        errors++;
      }
      if (!(data0 === 'none' || data0 === 'tcp' || data0 === 'tls' || data0 === 'etcd')) {
        const err2 = {
          instancePath: instancePath + '/type',
          schemaPath: '#/properties/type/enum',
          keyword: 'enum',
          params: { allowedValues: schema5.properties.type.enum },
          schema: schema5.properties.type.enum,
          parentSchema: schema5.properties.type,
          data: data0,
        };
        if (vErrors === null) {
          vErrors = [err2];
        } else {
          vErrors.push(err2);
        }
        errors++;
      }
    }
    if (data.port !== undefined && func0.call(data, 'port')) {
      let data1 = data.port;
      if (!(typeof data1 == 'number' && !(data1 % 1) && !isNaN(data1) && isFinite(data1))) {
        const err3 = {
          instancePath: instancePath + '/port',
          schemaPath: '#/properties/port/type',
          keyword: 'type',
          params: { type: 'integer' },
          schema: schema5.properties.port.type,
          parentSchema: schema5.properties.port,
          data: data1,
        };
        if (vErrors === null) {
          vErrors = [err3];
        } else {
          vErrors.push(err3);
        }
        errors++;
      }
      if (typeof data1 == 'number' && isFinite(data1)) {
        if (data1 > 65535 || isNaN(data1)) {
          const err4 = {
            instancePath: instancePath + '/port',
            schemaPath: '#/properties/port/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 65535 },
            schema: 65535,
            parentSchema: schema5.properties.port,
            data: data1,
          };
          if (vErrors === null) {
            vErrors = [err4];
          } else {
            vErrors.push(err4);
          }
          errors++;
        }
        if (data1 < 1 || isNaN(data1)) {
          const err5 = {
            instancePath: instancePath + '/port',
            schemaPath: '#/properties/port/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 1 },
            schema: 1,
            parentSchema: schema5.properties.port,
            data: data1,
          };
          if (vErrors === null) {
            vErrors = [err5];
          } else {
            vErrors.push(err5);
          }
          errors++;
        }
      }
    }
    if (data.interval !== undefined && func0.call(data, 'interval')) {
      let data2 = data.interval;
      if (typeof data2 === 'string') {
        if (!formats16(data2)) {
          const err6 = {
            instancePath: instancePath + '/interval',
            schemaPath: '#/properties/interval/format',
            keyword: 'format',
            params: { format: 'go-duration' },
            schema: 'go-duration',
            parentSchema: schema5.properties.interval,
            data: data2,
          };
          if (vErrors === null) {
            vErrors = [err6];
          } else {
            vErrors.push(err6);
          }
          errors++;
        }
        if (!durationBounds.minDuration(data2, 100)) {
          const err7 = {
            instancePath: instancePath + '/interval',
            schemaPath: '#/properties/interval/minDuration',
            keyword: 'minDuration',
            params: {},
            schema: '100ms',
            parentSchema: schema5.properties.interval,
            data: data2,
          };
          if (vErrors === null) {
            vErrors = [err7];
          } else {
            vErrors.push(err7);
          }
          errors++;
        }
        if (!durationBounds.maxDuration(data2, 86400000)) {
          const err8 = {
            instancePath: instancePath + '/interval',
            schemaPath: '#/properties/interval/maxDuration',
            keyword: 'maxDuration',
            params: {},
            schema: '24h',
            parentSchema: schema5.properties.interval,
            data: data2,
          };
          if (vErrors === null) {
            vErrors = [err8];
          } else {
            vErrors.push(err8);
          }
          errors++;
        }
      } else {
        const err9 = {
          instancePath: instancePath + '/interval',
          schemaPath: '#/properties/interval/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema5.properties.interval.type,
          parentSchema: schema5.properties.interval,
          data: data2,
        };
        if (vErrors === null) {
          vErrors = [err9];
        } else {
          vErrors.push(err9);
        }
        errors++;
      }
    }
    if (data.timeout !== undefined && func0.call(data, 'timeout')) {
      let data3 = data.timeout;
      if (typeof data3 === 'string') {
        if (!formats16(data3)) {
          const err10 = {
            instancePath: instancePath + '/timeout',
            schemaPath: '#/properties/timeout/format',
            keyword: 'format',
            params: { format: 'go-duration' },
            schema: 'go-duration',
            parentSchema: schema5.properties.timeout,
            data: data3,
          };
          if (vErrors === null) {
            vErrors = [err10];
          } else {
            vErrors.push(err10);
          }
          errors++;
        }
        if (!durationBounds.minDuration(data3, 10)) {
          const err11 = {
            instancePath: instancePath + '/timeout',
            schemaPath: '#/properties/timeout/minDuration',
            keyword: 'minDuration',
            params: {},
            schema: '10ms',
            parentSchema: schema5.properties.timeout,
            data: data3,
          };
          if (vErrors === null) {
            vErrors = [err11];
          } else {
            vErrors.push(err11);
          }
          errors++;
        }
        if (!durationBounds.maxDuration(data3, 86400000)) {
          const err12 = {
            instancePath: instancePath + '/timeout',
            schemaPath: '#/properties/timeout/maxDuration',
            keyword: 'maxDuration',
            params: {},
            schema: '24h',
            parentSchema: schema5.properties.timeout,
            data: data3,
          };
          if (vErrors === null) {
            vErrors = [err12];
          } else {
            vErrors.push(err12);
          }
          errors++;
        }
      } else {
        const err13 = {
          instancePath: instancePath + '/timeout',
          schemaPath: '#/properties/timeout/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema5.properties.timeout.type,
          parentSchema: schema5.properties.timeout,
          data: data3,
        };
        if (vErrors === null) {
          vErrors = [err13];
        } else {
          vErrors.push(err13);
        }
        errors++;
      }
    }
    if (data.rise !== undefined && func0.call(data, 'rise')) {
      let data4 = data.rise;
      if (!(typeof data4 == 'number' && !(data4 % 1) && !isNaN(data4) && isFinite(data4))) {
        const err14 = {
          instancePath: instancePath + '/rise',
          schemaPath: '#/properties/rise/type',
          keyword: 'type',
          params: { type: 'integer' },
          schema: schema5.properties.rise.type,
          parentSchema: schema5.properties.rise,
          data: data4,
        };
        if (vErrors === null) {
          vErrors = [err14];
        } else {
          vErrors.push(err14);
        }
        errors++;
      }
      if (typeof data4 == 'number' && isFinite(data4)) {
        if (data4 > 100 || isNaN(data4)) {
          const err15 = {
            instancePath: instancePath + '/rise',
            schemaPath: '#/properties/rise/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 100 },
            schema: 100,
            parentSchema: schema5.properties.rise,
            data: data4,
          };
          if (vErrors === null) {
            vErrors = [err15];
          } else {
            vErrors.push(err15);
          }
          errors++;
        }
        if (data4 < 1 || isNaN(data4)) {
          const err16 = {
            instancePath: instancePath + '/rise',
            schemaPath: '#/properties/rise/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 1 },
            schema: 1,
            parentSchema: schema5.properties.rise,
            data: data4,
          };
          if (vErrors === null) {
            vErrors = [err16];
          } else {
            vErrors.push(err16);
          }
          errors++;
        }
      }
    }
    if (data.fall !== undefined && func0.call(data, 'fall')) {
      let data5 = data.fall;
      if (!(typeof data5 == 'number' && !(data5 % 1) && !isNaN(data5) && isFinite(data5))) {
        const err17 = {
          instancePath: instancePath + '/fall',
          schemaPath: '#/properties/fall/type',
          keyword: 'type',
          params: { type: 'integer' },
          schema: schema5.properties.fall.type,
          parentSchema: schema5.properties.fall,
          data: data5,
        };
        if (vErrors === null) {
          vErrors = [err17];
        } else {
          vErrors.push(err17);
        }
        errors++;
      }
      if (typeof data5 == 'number' && isFinite(data5)) {
        if (data5 > 100 || isNaN(data5)) {
          const err18 = {
            instancePath: instancePath + '/fall',
            schemaPath: '#/properties/fall/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 100 },
            schema: 100,
            parentSchema: schema5.properties.fall,
            data: data5,
          };
          if (vErrors === null) {
            vErrors = [err18];
          } else {
            vErrors.push(err18);
          }
          errors++;
        }
        if (data5 < 1 || isNaN(data5)) {
          const err19 = {
            instancePath: instancePath + '/fall',
            schemaPath: '#/properties/fall/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 1 },
            schema: 1,
            parentSchema: schema5.properties.fall,
            data: data5,
          };
          if (vErrors === null) {
            vErrors = [err19];
          } else {
            vErrors.push(err19);
          }
          errors++;
        }
      }
    }
    if (data.tls !== undefined && func0.call(data, 'tls')) {
      if (
        !validate5(data.tls, {
          instancePath: instancePath + '/tls',
          parentData: data,
          parentDataProperty: 'tls',
          rootData,
          dynamicAnchors,
        })
      ) {
        vErrors = vErrors === null ? validate5.errors : vErrors.concat(validate5.errors);
        errors = vErrors.length;
      }
    }
  } else {
    const err20 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' },
      schema: schema5.type,
      parentSchema: schema5,
      data,
    };
    if (vErrors === null) {
      vErrors = [err20];
    } else {
      vErrors.push(err20);
    }
    errors++;
  }
  validate8.errors = vErrors;
  return errors === 0;
}
validate8.evaluated = { props: true, dynamicProps: false, dynamicItems: false };

const schema6 = schema.$defs.rebalance;
const formats52 = formatChecks.percentage;

function validate11(
  data,
  { instancePath = '', parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {},
) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate11.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    for (const key0 of Object.keys(data)) {
      if (!(key0 === 'tolerance' || key0 === 'quiet-for' || key0 === 'max-per-second')) {
        const err0 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          schema: false,
          parentSchema: schema6,
          data,
        };
        if (vErrors === null) {
          vErrors = [err0];
        } else {
          vErrors.push(err0);
        }
        errors++;
      }
    }
    if (data.tolerance !== undefined && func0.call(data, 'tolerance')) {
      let data0 = data.tolerance;
      if (typeof data0 === 'string') {
        if (!formats52(data0)) {
          const err1 = {
            instancePath: instancePath + '/tolerance',
            schemaPath: '#/properties/tolerance/format',
            keyword: 'format',
            params: { format: 'percentage' },
            schema: 'percentage',
            parentSchema: schema6.properties.tolerance,
            data: data0,
          };
          if (vErrors === null) {
            vErrors = [err1];
          } else {
            vErrors.push(err1);
          }
          errors++;
        }
      } else {
        const err2 = {
          instancePath: instancePath + '/tolerance',
          schemaPath: '#/properties/tolerance/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema6.properties.tolerance.type,
          parentSchema: schema6.properties.tolerance,
          data: data0,
        };
        if (vErrors === null) {
          vErrors = [err2];
        } else {
          vErrors.push(err2);
        }
        errors++;
      }
    }
    if (data['quiet-for'] !== undefined && func0.call(data, 'quiet-for')) {
      let data1 = data['quiet-for'];
      if (typeof data1 === 'string') {
        if (!formats16(data1)) {
          const err3 = {
            instancePath: instancePath + '/quiet-for',
            schemaPath: '#/properties/quiet-for/format',
            keyword: 'format',
            params: { format: 'go-duration' },
            schema: 'go-duration',
            parentSchema: schema6.properties['quiet-for'],
            data: data1,
          };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
        if (!durationBounds.minDuration(data1, 100)) {
          const err4 = {
            instancePath: instancePath + '/quiet-for',
            schemaPath: '#/properties/quiet-for/minDuration',
            keyword: 'minDuration',
            params: {},
            schema: '100ms',
            parentSchema: schema6.properties['quiet-for'],
            data: data1,
          };
          if (vErrors === null) {
            vErrors = [err4];
          } else {
            vErrors.push(err4);
          }
          errors++;
        }
      } else {
        const err5 = {
          instancePath: instancePath + '/quiet-for',
          schemaPath: '#/properties/quiet-for/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema6.properties['quiet-for'].type,
          parentSchema: schema6.properties['quiet-for'],
          data: data1,
        };
        if (vErrors === null) {
          vErrors = [err5];
        } else {
          vErrors.push(err5);
        }
        errors++;
      }
    }
    if (data['max-per-second'] !== undefined && func0.call(data, 'max-per-second')) {
      let data2 = data['max-per-second'];
      if (typeof data2 == 'number' && isFinite(data2)) {
        if (data2 > 10000 || isNaN(data2)) {
          const err6 = {
            instancePath: instancePath + '/max-per-second',
            schemaPath: '#/properties/max-per-second/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 10000 },
            schema: 10000,
            parentSchema: schema6.properties['max-per-second'],
            data: data2,
          };
          if (vErrors === null) {
            vErrors = [err6];
          } else {
            vErrors.push(err6);
          }
          errors++;
        }
        if (data2 <= 0 || isNaN(data2)) {
          const err7 = {
            instancePath: instancePath + '/max-per-second',
            schemaPath: '#/properties/max-per-second/exclusiveMinimum',
            keyword: 'exclusiveMinimum',
            params: { comparison: '>', limit: 0 },
            schema: 0,
            parentSchema: schema6.properties['max-per-second'],
            data: data2,
          };
          if (vErrors === null) {
            vErrors = [err7];
          } else {
            vErrors.push(err7);
          }
          errors++;
        }
      } else {
        const err8 = {
          instancePath: instancePath + '/max-per-second',
          schemaPath: '#/properties/max-per-second/type',
          keyword: 'type',
          params: { type: 'number' },
          schema: schema6.properties['max-per-second'].type,
          parentSchema: schema6.properties['max-per-second'],
          data: data2,
        };
        if (vErrors === null) {
          vErrors = [err8];
        } else {
          vErrors.push(err8);
        }
        errors++;
      }
    }
  } else {
    const err9 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' },
      schema: schema6.type,
      parentSchema: schema6,
      data,
    };
    if (vErrors === null) {
      vErrors = [err9];
    } else {
      vErrors.push(err9);
    }
    errors++;
  }
  validate11.errors = vErrors;
  return errors === 0;
}
validate11.evaluated = { props: true, dynamicProps: false, dynamicItems: false };

function validate1(
  data,
  { instancePath = '', parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {},
) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate1.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data['listen-addr'] === undefined || !func0.call(data, 'listen-addr')) {
      const err0 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'listen-addr' },
        schema: schema1.required,
        parentSchema: schema1,
        data,
      };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    for (const key0 of Object.keys(data)) {
      if (!func0.call(schema1.properties, key0)) {
        const err1 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          schema: false,
          parentSchema: schema1,
          data,
        };
        if (vErrors === null) {
          vErrors = [err1];
        } else {
          vErrors.push(err1);
        }
        errors++;
      }
    }
    if (data['listen-addr'] !== undefined && func0.call(data, 'listen-addr')) {
      let data0 = data['listen-addr'];
      if (typeof data0 !== 'string' && !Array.isArray(data0)) {
        const err2 = {
          instancePath: instancePath + '/listen-addr',
          schemaPath: '#/properties/listen-addr/type',
          keyword: 'type',
          params: { type: schema1.properties['listen-addr'].type },
          schema: schema1.properties['listen-addr'].type,
          parentSchema: schema1.properties['listen-addr'],
          data: data0,
        };
        if (vErrors === null) {
          vErrors = [err2];
        } else {
          vErrors.push(err2);
        }
        errors++;
      }
      if (typeof data0 === 'string') {
        if (!formats0(data0)) {
          const err3 = {
            instancePath: instancePath + '/listen-addr',
            schemaPath: '#/properties/listen-addr/format',
            keyword: 'format',
            params: { format: 'listen-address' },
            schema: 'listen-address',
            parentSchema: schema1.properties['listen-addr'],
            data: data0,
          };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
      }
      if (Array.isArray(data0)) {
        if (data0.length > 64) {
          const err4 = {
            instancePath: instancePath + '/listen-addr',
            schemaPath: '#/properties/listen-addr/maxItems',
            keyword: 'maxItems',
            params: { limit: 64 },
            schema: 64,
            parentSchema: schema1.properties['listen-addr'],
            data: data0,
          };
          if (vErrors === null) {
            vErrors = [err4];
          } else {
            vErrors.push(err4);
          }
          errors++;
        }
        if (data0.length < 1) {
          const err5 = {
            instancePath: instancePath + '/listen-addr',
            schemaPath: '#/properties/listen-addr/minItems',
            keyword: 'minItems',
            params: { limit: 1 },
            schema: 1,
            parentSchema: schema1.properties['listen-addr'],
            data: data0,
          };
          if (vErrors === null) {
            vErrors = [err5];
          } else {
            vErrors.push(err5);
          }
          errors++;
        }
        const len0 = data0.length;
        for (let i0 = 0; i0 < len0; i0++) {
          let data1 = data0[i0];
          if (typeof data1 === 'string') {
            if (!formats0(data1)) {
              const err6 = {
                instancePath: instancePath + '/listen-addr/' + i0,
                schemaPath: '#/properties/listen-addr/items/format',
                keyword: 'format',
                params: { format: 'listen-address' },
                schema: 'listen-address',
                parentSchema: schema1.properties['listen-addr'].items,
                data: data1,
              };
              if (vErrors === null) {
                vErrors = [err6];
              } else {
                vErrors.push(err6);
              }
              errors++;
            }
          } else {
            const err7 = {
              instancePath: instancePath + '/listen-addr/' + i0,
              schemaPath: '#/properties/listen-addr/items/type',
              keyword: 'type',
              params: { type: 'string' },
              schema: schema1.properties['listen-addr'].items.type,
              parentSchema: schema1.properties['listen-addr'].items,
              data: data1,
            };
            if (vErrors === null) {
              vErrors = [err7];
            } else {
              vErrors.push(err7);
            }
            errors++;
          }
        }
      }
    }
    if (data['listen-mode'] !== undefined && func0.call(data, 'listen-mode')) {
      let data2 = data['listen-mode'];
      if (typeof data2 === 'string') {
        if (!formats4(data2)) {
          const err8 = {
            instancePath: instancePath + '/listen-mode',
            schemaPath: '#/properties/listen-mode/format',
            keyword: 'format',
            params: { format: 'file-mode' },
            schema: 'file-mode',
            parentSchema: schema1.properties['listen-mode'],
            data: data2,
          };
          if (vErrors === null) {
            vErrors = [err8];
          } else {
            vErrors.push(err8);
          }
          errors++;
        }
      } else {
        const err9 = {
          instancePath: instancePath + '/listen-mode',
          schemaPath: '#/properties/listen-mode/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties['listen-mode'].type,
          parentSchema: schema1.properties['listen-mode'],
          data: data2,
        };
        if (vErrors === null) {
          vErrors = [err9];
        } else {
          vErrors.push(err9);
        }
        errors++;
      }
    }
    if (data['listen-freebind'] !== undefined && func0.call(data, 'listen-freebind')) {
      let data3 = data['listen-freebind'];
      if (typeof data3 !== 'boolean') {
        const err10 = {
          instancePath: instancePath + '/listen-freebind',
          schemaPath: '#/properties/listen-freebind/type',
          keyword: 'type',
          params: { type: 'boolean' },
          schema: schema1.properties['listen-freebind'].type,
          parentSchema: schema1.properties['listen-freebind'],
          data: data3,
        };
        if (vErrors === null) {
          vErrors = [err10];
        } else {
          vErrors.push(err10);
        }
        errors++;
      }
    }
    if (data.endpoints !== undefined && func0.call(data, 'endpoints')) {
      let data4 = data.endpoints;
      if (Array.isArray(data4)) {
        if (data4.length > 10000) {
          const err11 = {
            instancePath: instancePath + '/endpoints',
            schemaPath: '#/properties/endpoints/maxItems',
            keyword: 'maxItems',
            params: { limit: 10000 },
            schema: 10000,
            parentSchema: schema1.properties.endpoints,
            data: data4,
          };
          if (vErrors === null) {
            vErrors = [err11];
          } else {
            vErrors.push(err11);
          }
          errors++;
        }
        const len1 = data4.length;
        for (let i1 = 0; i1 < len1; i1++) {
          if (
            !validate2(data4[i1], {
              instancePath: instancePath + '/endpoints/' + i1,
              parentData: data4,
              parentDataProperty: i1,
              rootData,
              dynamicAnchors,
            })
          ) {
            vErrors = vErrors === null ? validate2.errors : vErrors.concat(validate2.errors);
            errors = vErrors.length;
          }
        }
      } else {
        const err12 = {
          instancePath: instancePath + '/endpoints',
          schemaPath: '#/properties/endpoints/type',
          keyword: 'type',
          params: { type: 'array' },
          schema: schema1.properties.endpoints.type,
          parentSchema: schema1.properties.endpoints,
          data: data4,
        };
        if (vErrors === null) {
          vErrors = [err12];
        } else {
          vErrors.push(err12);
        }
        errors++;
      }
    }
    if (data['discovery-srv'] !== undefined && func0.call(data, 'discovery-srv')) {
      let data6 = data['discovery-srv'];
      if (typeof data6 === 'string') {
        if (!formats10(data6)) {
          const err13 = {
            instancePath: instancePath + '/discovery-srv',
            schemaPath: '#/properties/discovery-srv/format',
            keyword: 'format',
            params: { format: 'domain' },
            schema: 'domain',
            parentSchema: schema1.properties['discovery-srv'],
            data: data6,
          };
          if (vErrors === null) {
            vErrors = [err13];
          } else {
            vErrors.push(err13);
          }
          errors++;
        }
      } else {
        const err14 = {
          instancePath: instancePath + '/discovery-srv',
          schemaPath: '#/properties/discovery-srv/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties['discovery-srv'].type,
          parentSchema: schema1.properties['discovery-srv'],
          data: data6,
        };
        if (vErrors === null) {
          vErrors = [err14];
        } else {
          vErrors.push(err14);
        }
        errors++;
      }
    }
    if (data['discovery-srv-name'] !== undefined && func0.call(data, 'discovery-srv-name')) {
      let data7 = data['discovery-srv-name'];
      if (typeof data7 === 'string') {
        if (!formats12(data7)) {
          const err15 = {
            instancePath: instancePath + '/discovery-srv-name',
            schemaPath: '#/properties/discovery-srv-name/format',
            keyword: 'format',
            params: { format: 'service-name' },
            schema: 'service-name',
            parentSchema: schema1.properties['discovery-srv-name'],
            data: data7,
          };
          if (vErrors === null) {
            vErrors = [err15];
          } else {
            vErrors.push(err15);
          }
          errors++;
        }
      } else {
        const err16 = {
          instancePath: instancePath + '/discovery-srv-name',
          schemaPath: '#/properties/discovery-srv-name/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties['discovery-srv-name'].type,
          parentSchema: schema1.properties['discovery-srv-name'],
          data: data7,
        };
        if (vErrors === null) {
          vErrors = [err16];
        } else {
          vErrors.push(err16);
        }
        errors++;
      }
    }
    if (data['insecure-discovery'] !== undefined && func0.call(data, 'insecure-discovery')) {
      let data8 = data['insecure-discovery'];
      if (typeof data8 !== 'boolean') {
        const err17 = {
          instancePath: instancePath + '/insecure-discovery',
          schemaPath: '#/properties/insecure-discovery/type',
          keyword: 'type',
          params: { type: 'boolean' },
          schema: schema1.properties['insecure-discovery'].type,
          parentSchema: schema1.properties['insecure-discovery'],
          data: data8,
        };
        if (vErrors === null) {
          vErrors = [err17];
        } else {
          vErrors.push(err17);
        }
        errors++;
      }
    }
    if (data['trusted-ca-file'] !== undefined && func0.call(data, 'trusted-ca-file')) {
      let data9 = data['trusted-ca-file'];
      if (typeof data9 === 'string') {
        if (!formats14(data9)) {
          const err18 = {
            instancePath: instancePath + '/trusted-ca-file',
            schemaPath: '#/properties/trusted-ca-file/format',
            keyword: 'format',
            params: { format: 'optional-file-path' },
            schema: 'optional-file-path',
            parentSchema: schema1.properties['trusted-ca-file'],
            data: data9,
          };
          if (vErrors === null) {
            vErrors = [err18];
          } else {
            vErrors.push(err18);
          }
          errors++;
        }
      } else {
        const err19 = {
          instancePath: instancePath + '/trusted-ca-file',
          schemaPath: '#/properties/trusted-ca-file/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties['trusted-ca-file'].type,
          parentSchema: schema1.properties['trusted-ca-file'],
          data: data9,
        };
        if (vErrors === null) {
          vErrors = [err19];
        } else {
          vErrors.push(err19);
        }
        errors++;
      }
    }
    if (data['member-discovery'] !== undefined && func0.call(data, 'member-discovery')) {
      if (
        !validate4(data['member-discovery'], {
          instancePath: instancePath + '/member-discovery',
          parentData: data,
          parentDataProperty: 'member-discovery',
          rootData,
          dynamicAnchors,
        })
      ) {
        vErrors = vErrors === null ? validate4.errors : vErrors.concat(validate4.errors);
        errors = vErrors.length;
      }
    }
    if (data['retry-delay'] !== undefined && func0.call(data, 'retry-delay')) {
      let data11 = data['retry-delay'];
      if (typeof data11 === 'string') {
        if (!formats16(data11)) {
          const err20 = {
            instancePath: instancePath + '/retry-delay',
            schemaPath: '#/properties/retry-delay/format',
            keyword: 'format',
            params: { format: 'go-duration' },
            schema: 'go-duration',
            parentSchema: schema1.properties['retry-delay'],
            data: data11,
          };
          if (vErrors === null) {
            vErrors = [err20];
          } else {
            vErrors.push(err20);
          }
          errors++;
        }
        if (!durationBounds.minDuration(data11, 1)) {
          const err21 = {
            instancePath: instancePath + '/retry-delay',
            schemaPath: '#/properties/retry-delay/minDuration',
            keyword: 'minDuration',
            params: {},
            schema: '1ms',
            parentSchema: schema1.properties['retry-delay'],
            data: data11,
          };
          if (vErrors === null) {
            vErrors = [err21];
          } else {
            vErrors.push(err21);
          }
          errors++;
        }
      } else {
        const err22 = {
          instancePath: instancePath + '/retry-delay',
          schemaPath: '#/properties/retry-delay/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties['retry-delay'].type,
          parentSchema: schema1.properties['retry-delay'],
          data: data11,
        };
        if (vErrors === null) {
          vErrors = [err22];
        } else {
          vErrors.push(err22);
        }
        errors++;
      }
    }
    if (data['connect-timeout'] !== undefined && func0.call(data, 'connect-timeout')) {
      let data12 = data['connect-timeout'];
      if (typeof data12 === 'string') {
        if (!formats16(data12)) {
          const err23 = {
            instancePath: instancePath + '/connect-timeout',
            schemaPath: '#/properties/connect-timeout/format',
            keyword: 'format',
            params: { format: 'go-duration' },
            schema: 'go-duration',
            parentSchema: schema1.properties['connect-timeout'],
            data: data12,
          };
          if (vErrors === null) {
            vErrors = [err23];
          } else {
            vErrors.push(err23);
          }
          errors++;
        }
        if (!durationBounds.minDuration(data12, 1)) {
          const err24 = {
            instancePath: instancePath + '/connect-timeout',
            schemaPath: '#/properties/connect-timeout/minDuration',
            keyword: 'minDuration',
            params: {},
            schema: '1ms',
            parentSchema: schema1.properties['connect-timeout'],
            data: data12,
          };
          if (vErrors === null) {
            vErrors = [err24];
          } else {
            vErrors.push(err24);
          }
          errors++;
        }
        if (!durationBounds.maxDuration(data12, 600000)) {
          const err25 = {
            instancePath: instancePath + '/connect-timeout',
            schemaPath: '#/properties/connect-timeout/maxDuration',
            keyword: 'maxDuration',
            params: {},
            schema: '10m',
            parentSchema: schema1.properties['connect-timeout'],
            data: data12,
          };
          if (vErrors === null) {
            vErrors = [err25];
          } else {
            vErrors.push(err25);
          }
          errors++;
        }
      } else {
        const err26 = {
          instancePath: instancePath + '/connect-timeout',
          schemaPath: '#/properties/connect-timeout/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties['connect-timeout'].type,
          parentSchema: schema1.properties['connect-timeout'],
          data: data12,
        };
        if (vErrors === null) {
          vErrors = [err26];
        } else {
          vErrors.push(err26);
        }
        errors++;
      }
    }
    if (data['dial-stagger'] !== undefined && func0.call(data, 'dial-stagger')) {
      let data13 = data['dial-stagger'];
      if (typeof data13 === 'string') {
        if (!formats16(data13)) {
          const err27 = {
            instancePath: instancePath + '/dial-stagger',
            schemaPath: '#/properties/dial-stagger/format',
            keyword: 'format',
            params: { format: 'go-duration' },
            schema: 'go-duration',
            parentSchema: schema1.properties['dial-stagger'],
            data: data13,
          };
          if (vErrors === null) {
            vErrors = [err27];
          } else {
            vErrors.push(err27);
          }
          errors++;
        }
        if (!durationBounds.minDuration(data13, 0)) {
          const err28 = {
            instancePath: instancePath + '/dial-stagger',
            schemaPath: '#/properties/dial-stagger/minDuration',
            keyword: 'minDuration',
            params: {},
            schema: '0s',
            parentSchema: schema1.properties['dial-stagger'],
            data: data13,
          };
          if (vErrors === null) {
            vErrors = [err28];
          } else {
            vErrors.push(err28);
          }
          errors++;
        }
        if (!durationBounds.maxDuration(data13, 600000)) {
          const err29 = {
            instancePath: instancePath + '/dial-stagger',
            schemaPath: '#/properties/dial-stagger/maxDuration',
            keyword: 'maxDuration',
            params: {},
            schema: '10m',
            parentSchema: schema1.properties['dial-stagger'],
            data: data13,
          };
          if (vErrors === null) {
            vErrors = [err29];
          } else {
            vErrors.push(err29);
          }
          errors++;
        }
      } else {
        const err30 = {
          instancePath: instancePath + '/dial-stagger',
          schemaPath: '#/properties/dial-stagger/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties['dial-stagger'].type,
          parentSchema: schema1.properties['dial-stagger'],
          data: data13,
        };
        if (vErrors === null) {
          vErrors = [err30];
        } else {
          vErrors.push(err30);
        }
        errors++;
      }
    }
    if (data['first-byte-timeout'] !== undefined && func0.call(data, 'first-byte-timeout')) {
      let data14 = data['first-byte-timeout'];
      if (typeof data14 === 'string') {
        if (!formats16(data14)) {
          const err31 = {
            instancePath: instancePath + '/first-byte-timeout',
            schemaPath: '#/properties/first-byte-timeout/format',
            keyword: 'format',
            params: { format: 'go-duration' },
            schema: 'go-duration',
            parentSchema: schema1.properties['first-byte-timeout'],
            data: data14,
          };
          if (vErrors === null) {
            vErrors = [err31];
          } else {
            vErrors.push(err31);
          }
          errors++;
        }
        if (!durationBounds.minDuration(data14, 0)) {
          const err32 = {
            instancePath: instancePath + '/first-byte-timeout',
            schemaPath: '#/properties/first-byte-timeout/minDuration',
            keyword: 'minDuration',
            params: {},
            schema: '0s',
            parentSchema: schema1.properties['first-byte-timeout'],
            data: data14,
          };
          if (vErrors === null) {
            vErrors = [err32];
          } else {
            vErrors.push(err32);
          }
          errors++;
        }
      } else {
        const err33 = {
          instancePath: instancePath + '/first-byte-timeout',
          schemaPath: '#/properties/first-byte-timeout/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties['first-byte-timeout'].type,
          parentSchema: schema1.properties['first-byte-timeout'],
          data: data14,
        };
        if (vErrors === null) {
          vErrors = [err33];
        } else {
          vErrors.push(err33);
        }
        errors++;
      }
    }
    if (data.keepalive !== undefined && func0.call(data, 'keepalive')) {
      let data15 = data.keepalive;
      if (typeof data15 === 'string') {
        if (!formats16(data15)) {
          const err34 = {
            instancePath: instancePath + '/keepalive',
            schemaPath: '#/properties/keepalive/format',
            keyword: 'format',
            params: { format: 'go-duration' },
            schema: 'go-duration',
            parentSchema: schema1.properties.keepalive,
            data: data15,
          };
          if (vErrors === null) {
            vErrors = [err34];
          } else {
            vErrors.push(err34);
          }
          errors++;
        }
        if (!durationBounds.minDuration(data15, 0)) {
          const err35 = {
            instancePath: instancePath + '/keepalive',
            schemaPath: '#/properties/keepalive/minDuration',
            keyword: 'minDuration',
            params: {},
            schema: '0s',
            parentSchema: schema1.properties.keepalive,
            data: data15,
          };
          if (vErrors === null) {
            vErrors = [err35];
          } else {
            vErrors.push(err35);
          }
          errors++;
        }
        if (!durationBounds.maxDuration(data15, 32400000)) {
          const err36 = {
            instancePath: instancePath + '/keepalive',
            schemaPath: '#/properties/keepalive/maxDuration',
            keyword: 'maxDuration',
            params: {},
            schema: '9h',
            parentSchema: schema1.properties.keepalive,
            data: data15,
          };
          if (vErrors === null) {
            vErrors = [err36];
          } else {
            vErrors.push(err36);
          }
          errors++;
        }
      } else {
        const err37 = {
          instancePath: instancePath + '/keepalive',
          schemaPath: '#/properties/keepalive/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties.keepalive.type,
          parentSchema: schema1.properties.keepalive,
          data: data15,
        };
        if (vErrors === null) {
          vErrors = [err37];
        } else {
          vErrors.push(err37);
        }
        errors++;
      }
    }
    if (data['tcp-user-timeout'] !== undefined && func0.call(data, 'tcp-user-timeout')) {
      let data16 = data['tcp-user-timeout'];
      if (typeof data16 === 'string') {
        if (!formats16(data16)) {
          const err38 = {
            instancePath: instancePath + '/tcp-user-timeout',
            schemaPath: '#/properties/tcp-user-timeout/format',
            keyword: 'format',
            params: { format: 'go-duration' },
            schema: 'go-duration',
            parentSchema: schema1.properties['tcp-user-timeout'],
            data: data16,
          };
          if (vErrors === null) {
            vErrors = [err38];
          } else {
            vErrors.push(err38);
          }
          errors++;
        }
        if (!durationBounds.minDuration(data16, 0)) {
          const err39 = {
            instancePath: instancePath + '/tcp-user-timeout',
            schemaPath: '#/properties/tcp-user-timeout/minDuration',
            keyword: 'minDuration',
            params: {},
            schema: '0s',
            parentSchema: schema1.properties['tcp-user-timeout'],
            data: data16,
          };
          if (vErrors === null) {
            vErrors = [err39];
          } else {
            vErrors.push(err39);
          }
          errors++;
        }
        if (!durationBounds.maxDuration(data16, 86400000)) {
          const err40 = {
            instancePath: instancePath + '/tcp-user-timeout',
            schemaPath: '#/properties/tcp-user-timeout/maxDuration',
            keyword: 'maxDuration',
            params: {},
            schema: '24h',
            parentSchema: schema1.properties['tcp-user-timeout'],
            data: data16,
          };
          if (vErrors === null) {
            vErrors = [err40];
          } else {
            vErrors.push(err40);
          }
          errors++;
        }
      } else {
        const err41 = {
          instancePath: instancePath + '/tcp-user-timeout',
          schemaPath: '#/properties/tcp-user-timeout/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties['tcp-user-timeout'].type,
          parentSchema: schema1.properties['tcp-user-timeout'],
          data: data16,
        };
        if (vErrors === null) {
          vErrors = [err41];
        } else {
          vErrors.push(err41);
        }
        errors++;
      }
    }
    if (data['idle-timeout'] !== undefined && func0.call(data, 'idle-timeout')) {
      let data17 = data['idle-timeout'];
      if (typeof data17 === 'string') {
        if (!formats16(data17)) {
          const err42 = {
            instancePath: instancePath + '/idle-timeout',
            schemaPath: '#/properties/idle-timeout/format',
            keyword: 'format',
            params: { format: 'go-duration' },
            schema: 'go-duration',
            parentSchema: schema1.properties['idle-timeout'],
            data: data17,
          };
          if (vErrors === null) {
            vErrors = [err42];
          } else {
            vErrors.push(err42);
          }
          errors++;
        }
        if (!durationBounds.minDuration(data17, 0)) {
          const err43 = {
            instancePath: instancePath + '/idle-timeout',
            schemaPath: '#/properties/idle-timeout/minDuration',
            keyword: 'minDuration',
            params: {},
            schema: '0s',
            parentSchema: schema1.properties['idle-timeout'],
            data: data17,
          };
          if (vErrors === null) {
            vErrors = [err43];
          } else {
            vErrors.push(err43);
          }
          errors++;
        }
      } else {
        const err44 = {
          instancePath: instancePath + '/idle-timeout',
          schemaPath: '#/properties/idle-timeout/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties['idle-timeout'].type,
          parentSchema: schema1.properties['idle-timeout'],
          data: data17,
        };
        if (vErrors === null) {
          vErrors = [err44];
        } else {
          vErrors.push(err44);
        }
        errors++;
      }
    }
    if (data['max-session-age'] !== undefined && func0.call(data, 'max-session-age')) {
      let data18 = data['max-session-age'];
      if (typeof data18 === 'string') {
        if (!formats16(data18)) {
          const err45 = {
            instancePath: instancePath + '/max-session-age',
            schemaPath: '#/properties/max-session-age/format',
            keyword: 'format',
            params: { format: 'go-duration' },
            schema: 'go-duration',
            parentSchema: schema1.properties['max-session-age'],
            data: data18,
          };
          if (vErrors === null) {
            vErrors = [err45];
          } else {
            vErrors.push(err45);
          }
          errors++;
        }
        if (!durationBounds.minDuration(data18, 0)) {
          const err46 = {
            instancePath: instancePath + '/max-session-age',
            schemaPath: '#/properties/max-session-age/minDuration',
            keyword: 'minDuration',
            params: {},
            schema: '0s',
            parentSchema: schema1.properties['max-session-age'],
            data: data18,
          };
          if (vErrors === null) {
            vErrors = [err46];
          } else {
            vErrors.push(err46);
          }
          errors++;
        }
      } else {
        const err47 = {
          instancePath: instancePath + '/max-session-age',
          schemaPath: '#/properties/max-session-age/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties['max-session-age'].type,
          parentSchema: schema1.properties['max-session-age'],
          data: data18,
        };
        if (vErrors === null) {
          vErrors = [err47];
        } else {
          vErrors.push(err47);
        }
        errors++;
      }
    }
    if (data['max-sessions'] !== undefined && func0.call(data, 'max-sessions')) {
      let data19 = data['max-sessions'];
      if (!(typeof data19 == 'number' && !(data19 % 1) && !isNaN(data19) && isFinite(data19))) {
        const err48 = {
          instancePath: instancePath + '/max-sessions',
          schemaPath: '#/properties/max-sessions/type',
          keyword: 'type',
          params: { type: 'integer' },
          schema: schema1.properties['max-sessions'].type,
          parentSchema: schema1.properties['max-sessions'],
          data: data19,
        };
        if (vErrors === null) {
          vErrors = [err48];
        } else {
          vErrors.push(err48);
        }
        errors++;
      }
      if (typeof data19 == 'number' && isFinite(data19)) {
        if (data19 > 1000000 || isNaN(data19)) {
          const err49 = {
            instancePath: instancePath + '/max-sessions',
            schemaPath: '#/properties/max-sessions/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 1000000 },
            schema: 1000000,
            parentSchema: schema1.properties['max-sessions'],
            data: data19,
          };
          if (vErrors === null) {
            vErrors = [err49];
          } else {
            vErrors.push(err49);
          }
          errors++;
        }
        if (data19 < 0 || isNaN(data19)) {
          const err50 = {
            instancePath: instancePath + '/max-sessions',
            schemaPath: '#/properties/max-sessions/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 0 },
            schema: 0,
            parentSchema: schema1.properties['max-sessions'],
            data: data19,
          };
          if (vErrors === null) {
            vErrors = [err50];
          } else {
            vErrors.push(err50);
          }
          errors++;
        }
      }
    }
    if (data['drain-timeout'] !== undefined && func0.call(data, 'drain-timeout')) {
      let data20 = data['drain-timeout'];
      if (typeof data20 === 'string') {
        if (!formats16(data20)) {
          const err51 = {
            instancePath: instancePath + '/drain-timeout',
            schemaPath: '#/properties/drain-timeout/format',
            keyword: 'format',
            params: { format: 'go-duration' },
            schema: 'go-duration',
            parentSchema: schema1.properties['drain-timeout'],
            data: data20,
          };
          if (vErrors === null) {
            vErrors = [err51];
          } else {
            vErrors.push(err51);
          }
          errors++;
        }
        if (!durationBounds.minDuration(data20, 0)) {
          const err52 = {
            instancePath: instancePath + '/drain-timeout',
            schemaPath: '#/properties/drain-timeout/minDuration',
            keyword: 'minDuration',
            params: {},
            schema: '0s',
            parentSchema: schema1.properties['drain-timeout'],
            data: data20,
          };
          if (vErrors === null) {
            vErrors = [err52];
          } else {
            vErrors.push(err52);
          }
          errors++;
        }
      } else {
        const err53 = {
          instancePath: instancePath + '/drain-timeout',
          schemaPath: '#/properties/drain-timeout/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties['drain-timeout'].type,
          parentSchema: schema1.properties['drain-timeout'],
          data: data20,
        };
        if (vErrors === null) {
          vErrors = [err53];
        } else {
          vErrors.push(err53);
        }
        errors++;
      }
    }
    if (data['slow-start'] !== undefined && func0.call(data, 'slow-start')) {
      let data21 = data['slow-start'];
      if (typeof data21 === 'string') {
        if (!formats16(data21)) {
          const err54 = {
            instancePath: instancePath + '/slow-start',
            schemaPath: '#/properties/slow-start/format',
            keyword: 'format',
            params: { format: 'go-duration' },
            schema: 'go-duration',
            parentSchema: schema1.properties['slow-start'],
            data: data21,
          };
          if (vErrors === null) {
            vErrors = [err54];
          } else {
            vErrors.push(err54);
          }
          errors++;
        }
        if (!durationBounds.minDuration(data21, 0)) {
          const err55 = {
            instancePath: instancePath + '/slow-start',
            schemaPath: '#/properties/slow-start/minDuration',
            keyword: 'minDuration',
            params: {},
            schema: '0s',
            parentSchema: schema1.properties['slow-start'],
            data: data21,
          };
          if (vErrors === null) {
            vErrors = [err55];
          } else {
            vErrors.push(err55);
          }
          errors++;
        }
        if (!durationBounds.maxDuration(data21, 86400000)) {
          const err56 = {
            instancePath: instancePath + '/slow-start',
            schemaPath: '#/properties/slow-start/maxDuration',
            keyword: 'maxDuration',
            params: {},
            schema: '24h',
            parentSchema: schema1.properties['slow-start'],
            data: data21,
          };
          if (vErrors === null) {
            vErrors = [err56];
          } else {
            vErrors.push(err56);
          }
          errors++;
        }
      } else {
        const err57 = {
          instancePath: instancePath + '/slow-start',
          schemaPath: '#/properties/slow-start/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties['slow-start'].type,
          parentSchema: schema1.properties['slow-start'],
          data: data21,
        };
        if (vErrors === null) {
          vErrors = [err57];
        } else {
          vErrors.push(err57);
        }
        errors++;
      }
    }
    if (data.balancer !== undefined && func0.call(data, 'balancer')) {
      let data22 = data.balancer;
      if (typeof data22 !== 'string') {
        const err58 = {
          instancePath: instancePath + '/balancer',
          schemaPath: '#/properties/balancer/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties.balancer.type,
          parentSchema: schema1.properties.balancer,
          data: data22,
        };
        if (vErrors === null) {
          vErrors = [err58];
        } else {
          vErrors.push(err58);
        }
        errors++;
      }
      if (!(data22 === 'round-robin' || data22 === 'least-sessions' || data22 === 'random-two')) {
        const err59 = {
          instancePath: instancePath + '/balancer',
          schemaPath: '#/properties/balancer/enum',
          keyword: 'enum',
          params: { allowedValues: schema1.properties.balancer.enum },
          schema: schema1.properties.balancer.enum,
          parentSchema: schema1.properties.balancer,
          data: data22,
        };
        if (vErrors === null) {
          vErrors = [err59];
        } else {
          vErrors.push(err59);
        }
        errors++;
      }
    }
    if (data['on-eject'] !== undefined && func0.call(data, 'on-eject')) {
      let data23 = data['on-eject'];
      if (typeof data23 !== 'string') {
        const err60 = {
          instancePath: instancePath + '/on-eject',
          schemaPath: '#/properties/on-eject/type',
          keyword: 'type',
          params: { type: 'string' },
          schema: schema1.properties['on-eject'].type,
          parentSchema: schema1.properties['on-eject'],
          data: data23,
        };
        if (vErrors === null) {
          vErrors = [err60];
        } else {
          vErrors.push(err60);
        }
        errors++;
      }
      if (!(data23 === 'keep' || data23 === 'close')) {
        const err61 = {
          instancePath: instancePath + '/on-eject',
          schemaPath: '#/properties/on-eject/enum',
          keyword: 'enum',
          params: { allowedValues: schema1.properties['on-eject'].enum },
          schema: schema1.properties['on-eject'].enum,
          parentSchema: schema1.properties['on-eject'],
          data: data23,
        };
        if (vErrors === null) {
          vErrors = [err61];
        } else {
          vErrors.push(err61);
        }
        errors++;
      }
    }
    if (data['health-check'] !== undefined && func0.call(data, 'health-check')) {
      if (
        !validate8(data['health-check'], {
          instancePath: instancePath + '/health-check',
          parentData: data,
          parentDataProperty: 'health-check',
          rootData,
          dynamicAnchors,
        })
      ) {
        vErrors = vErrors === null ? validate8.errors : vErrors.concat(validate8.errors);
        errors = vErrors.length;
      }
    }
    if (data.rebalance !== undefined && func0.call(data, 'rebalance')) {
      if (
        !validate11(data.rebalance, {
          instancePath: instancePath + '/rebalance',
          parentData: data,
          parentDataProperty: 'rebalance',
          rootData,
          dynamicAnchors,
        })
      ) {
        vErrors = vErrors === null ? validate11.errors : vErrors.concat(validate11.errors);
        errors = vErrors.length;
      }
    }
    if (data.allow !== undefined && func0.call(data, 'allow')) {
      let data26 = data.allow;
      if (Array.isArray(data26)) {
        if (data26.length > 10000) {
          const err62 = {
            instancePath: instancePath + '/allow',
            schemaPath: '#/properties/allow/maxItems',
            keyword: 'maxItems',
            params: { limit: 10000 },
            schema: 10000,
            parentSchema: schema1.properties.allow,
            data: data26,
          };
          if (vErrors === null) {
            vErrors = [err62];
          } else {
            vErrors.push(err62);
          }
          errors++;
        }
        const len2 = data26.length;
        for (let i2 = 0; i2 < len2; i2++) {
          let data27 = data26[i2];
          if (typeof data27 === 'string') {
            if (!formats56(data27)) {
              const err63 = {
                instancePath: instancePath + '/allow/' + i2,
                schemaPath: '#/properties/allow/items/format',
                keyword: 'format',
                params: { format: 'cidr' },
                schema: 'cidr',
                parentSchema: schema1.properties.allow.items,
                data: data27,
              };
              if (vErrors === null) {
                vErrors = [err63];
              } else {
                vErrors.push(err63);
              }
              errors++;
            }
          } else {
            const err64 = {
              instancePath: instancePath + '/allow/' + i2,
              schemaPath: '#/properties/allow/items/type',
              keyword: 'type',
              params: { type: 'string' },
              schema: schema1.properties.allow.items.type,
              parentSchema: schema1.properties.allow.items,
              data: data27,
            };
            if (vErrors === null) {
              vErrors = [err64];
            } else {
              vErrors.push(err64);
            }
            errors++;
          }
        }
      } else {
        const err65 = {
          instancePath: instancePath + '/allow',
          schemaPath: '#/properties/allow/type',
          keyword: 'type',
          params: { type: 'array' },
          schema: schema1.properties.allow.type,
          parentSchema: schema1.properties.allow,
          data: data26,
        };
        if (vErrors === null) {
          vErrors = [err65];
        } else {
          vErrors.push(err65);
        }
        errors++;
      }
    }
    if (data.deny !== undefined && func0.call(data, 'deny')) {
      let data28 = data.deny;
      if (Array.isArray(data28)) {
        if (data28.length > 10000) {
          const err66 = {
            instancePath: instancePath + '/deny',
            schemaPath: '#/properties/deny/maxItems',
            keyword: 'maxItems',
            params: { limit: 10000 },
            schema: 10000,
            parentSchema: schema1.properties.deny,
            data: data28,
          };
          if (vErrors === null) {
            vErrors = [err66];
          } else {
            vErrors.push(err66);
          }
          errors++;
        }
        const len3 = data28.length;
        for (let i3 = 0; i3 < len3; i3++) {
          let data29 = data28[i3];
          if (typeof data29 === 'string') {
            if (!formats56(data29)) {
              const err67 = {
                instancePath: instancePath + '/deny/' + i3,
                schemaPath: '#/properties/deny/items/format',
                keyword: 'format',
                params: { format: 'cidr' },
                schema: 'cidr',
                parentSchema: schema1.properties.deny.items,
                data: data29,
              };
              if (vErrors === null) {
                vErrors = [err67];
              } else {
                vErrors.push(err67);
              }
              errors++;
            }
          } else {
            const err68 = {
              instancePath: instancePath + '/deny/' + i3,
              schemaPath: '#/properties/deny/items/type',
              keyword: 'type',
              params: { type: 'string' },
              schema: schema1.properties.deny.items.type,
              parentSchema: schema1.properties.deny.items,
              data: data29,
            };
            if (vErrors === null) {
              vErrors = [err68];
            } else {
              vErrors.push(err68);
            }
            errors++;
          }
        }
      } else {
        const err69 = {
          instancePath: instancePath + '/deny',
          schemaPath: '#/properties/deny/type',
          keyword: 'type',
          params: { type: 'array' },
          schema: schema1.properties.deny.type,
          parentSchema: schema1.properties.deny,
          data: data28,
        };
        if (vErrors === null) {
          vErrors = [err69];
        } else {
          vErrors.push(err69);
        }
        errors++;
      }
    }
  } else {
    const err70 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' },
      schema: schema1.type,
      parentSchema: schema1,
      data,
    };
    if (vErrors === null) {
      vErrors = [err70];
    } else {
      vErrors.push(err70);
    }
    errors++;
  }
  validate1.errors = vErrors;
  return errors === 0;
}
validate1.evaluated = { props: true, dynamicProps: false, dynamicItems: false };

const formats60 = formatChecks['dns-server'];
const formats74 = formatChecks['admin-address'];

function validate0(
  data,
  { instancePath = '', parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {},
) {
  /*# sourceURL="urn:etcd-gateway:schema:configuration" */ let vErrors = null;
  let errors = 0;
  const evaluated0 = validate0.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data.gateways === undefined || !func0.call(data, 'gateways')) {
      const err0 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'gateways' },
        schema: schema0.required,
        parentSchema: schema0,
        data,
      };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    for (const key0 of Object.keys(data)) {
      if (!(
        key0 === 'gateways' ||
        key0 === 'dns' ||
        key0 === 'reload' ||
        key0 === 'shutdown' ||
        key0 === 'log' ||
        key0 === 'admin'
      )) {
        const err1 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          schema: false,
          parentSchema: schema0,
          data,
        };
        if (vErrors === null) {
          vErrors = [err1];
        } else {
          vErrors.push(err1);
        }
        errors++;
      }
    }
    if (data.gateways !== undefined && func0.call(data, 'gateways')) {
      let data0 = data.gateways;
      if (data0 && typeof data0 == 'object' && !Array.isArray(data0)) {
        if (Object.keys(data0).length > 5000) {
          const err2 = {
            instancePath: instancePath + '/gateways',
            schemaPath: '#/properties/gateways/maxProperties',
            keyword: 'maxProperties',
            params: { limit: 5000 },
            schema: 5000,
            parentSchema: schema0.properties.gateways,
            data: data0,
          };
          if (vErrors === null) {
            vErrors = [err2];
          } else {
            vErrors.push(err2);
          }
          errors++;
        }
        if (Object.keys(data0).length < 1) {
          const err3 = {
            instancePath: instancePath + '/gateways',
            schemaPath: '#/properties/gateways/minProperties',
            keyword: 'minProperties',
            params: { limit: 1 },
            schema: 1,
            parentSchema: schema0.properties.gateways,
            data: data0,
          };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
        for (const key1 of Object.keys(data0)) {
          const _errs4 = errors;
          if (typeof key1 === 'string') {
            if (!pattern0.test(key1)) {
              const err4 = {
                instancePath: instancePath + '/gateways',
                schemaPath: '#/properties/gateways/propertyNames/pattern',
                keyword: 'pattern',
                params: { pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' },
                schema: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
                parentSchema: schema0.properties.gateways.propertyNames,
                data: key1,
                propertyName: key1,
              };
              if (vErrors === null) {
                vErrors = [err4];
              } else {
                vErrors.push(err4);
              }
              errors++;
            }
          } else {
            const err5 = {
              instancePath: instancePath + '/gateways',
              schemaPath: '#/properties/gateways/propertyNames/type',
              keyword: 'type',
              params: { type: 'string' },
              schema: schema0.properties.gateways.propertyNames.type,
              parentSchema: schema0.properties.gateways.propertyNames,
              data: key1,
              propertyName: key1,
            };
            if (vErrors === null) {
              vErrors = [err5];
            } else {
              vErrors.push(err5);
            }
            errors++;
          }
          var valid1 = _errs4 === errors;
          if (!valid1) {
            const err6 = {
              instancePath: instancePath + '/gateways',
              schemaPath: '#/properties/gateways/propertyNames',
              keyword: 'propertyNames',
              params: { propertyName: key1 },
              schema: schema0.properties.gateways.propertyNames,
              parentSchema: schema0.properties.gateways,
              data: data0,
            };
            if (vErrors === null) {
              vErrors = [err6];
            } else {
              vErrors.push(err6);
            }
            errors++;
          }
        }
        for (const key2 of Object.keys(data0)) {
          if (
            !validate1(data0[key2], {
              instancePath:
                instancePath + '/gateways/' + key2.replace(/~/g, '~0').replace(/\//g, '~1'),
              parentData: data0,
              parentDataProperty: key2,
              rootData,
              dynamicAnchors,
            })
          ) {
            vErrors = vErrors === null ? validate1.errors : vErrors.concat(validate1.errors);
            errors = vErrors.length;
          }
        }
      } else {
        const err7 = {
          instancePath: instancePath + '/gateways',
          schemaPath: '#/properties/gateways/type',
          keyword: 'type',
          params: { type: 'object' },
          schema: schema0.properties.gateways.type,
          parentSchema: schema0.properties.gateways,
          data: data0,
        };
        if (vErrors === null) {
          vErrors = [err7];
        } else {
          vErrors.push(err7);
        }
        errors++;
      }
    }
    if (data.dns !== undefined && func0.call(data, 'dns')) {
      let data2 = data.dns;
      if (data2 && typeof data2 == 'object' && !Array.isArray(data2)) {
        for (const key3 of Object.keys(data2)) {
          if (!(
            key3 === 'servers' ||
            key3 === 'timeout' ||
            key3 === 'min-ttl' ||
            key3 === 'max-ttl' ||
            key3 === 'hold'
          )) {
            const err8 = {
              instancePath: instancePath + '/dns',
              schemaPath: '#/properties/dns/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key3 },
              schema: false,
              parentSchema: schema0.properties.dns,
              data: data2,
            };
            if (vErrors === null) {
              vErrors = [err8];
            } else {
              vErrors.push(err8);
            }
            errors++;
          }
        }
        if (data2.servers !== undefined && func0.call(data2, 'servers')) {
          let data3 = data2.servers;
          if (Array.isArray(data3)) {
            if (data3.length > 16) {
              const err9 = {
                instancePath: instancePath + '/dns/servers',
                schemaPath: '#/properties/dns/properties/servers/maxItems',
                keyword: 'maxItems',
                params: { limit: 16 },
                schema: 16,
                parentSchema: schema0.properties.dns.properties.servers,
                data: data3,
              };
              if (vErrors === null) {
                vErrors = [err9];
              } else {
                vErrors.push(err9);
              }
              errors++;
            }
            const len0 = data3.length;
            for (let i0 = 0; i0 < len0; i0++) {
              let data4 = data3[i0];
              if (typeof data4 === 'string') {
                if (!formats60(data4)) {
                  const err10 = {
                    instancePath: instancePath + '/dns/servers/' + i0,
                    schemaPath: '#/properties/dns/properties/servers/items/format',
                    keyword: 'format',
                    params: { format: 'dns-server' },
                    schema: 'dns-server',
                    parentSchema: schema0.properties.dns.properties.servers.items,
                    data: data4,
                  };
                  if (vErrors === null) {
                    vErrors = [err10];
                  } else {
                    vErrors.push(err10);
                  }
                  errors++;
                }
              } else {
                const err11 = {
                  instancePath: instancePath + '/dns/servers/' + i0,
                  schemaPath: '#/properties/dns/properties/servers/items/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  schema: schema0.properties.dns.properties.servers.items.type,
                  parentSchema: schema0.properties.dns.properties.servers.items,
                  data: data4,
                };
                if (vErrors === null) {
                  vErrors = [err11];
                } else {
                  vErrors.push(err11);
                }
                errors++;
              }
            }
          } else {
            const err12 = {
              instancePath: instancePath + '/dns/servers',
              schemaPath: '#/properties/dns/properties/servers/type',
              keyword: 'type',
              params: { type: 'array' },
              schema: schema0.properties.dns.properties.servers.type,
              parentSchema: schema0.properties.dns.properties.servers,
              data: data3,
            };
            if (vErrors === null) {
              vErrors = [err12];
            } else {
              vErrors.push(err12);
            }
            errors++;
          }
        }
        if (data2.timeout !== undefined && func0.call(data2, 'timeout')) {
          let data5 = data2.timeout;
          if (typeof data5 === 'string') {
            if (!formats16(data5)) {
              const err13 = {
                instancePath: instancePath + '/dns/timeout',
                schemaPath: '#/properties/dns/properties/timeout/format',
                keyword: 'format',
                params: { format: 'go-duration' },
                schema: 'go-duration',
                parentSchema: schema0.properties.dns.properties.timeout,
                data: data5,
              };
              if (vErrors === null) {
                vErrors = [err13];
              } else {
                vErrors.push(err13);
              }
              errors++;
            }
            if (!durationBounds.minDuration(data5, 10)) {
              const err14 = {
                instancePath: instancePath + '/dns/timeout',
                schemaPath: '#/properties/dns/properties/timeout/minDuration',
                keyword: 'minDuration',
                params: {},
                schema: '10ms',
                parentSchema: schema0.properties.dns.properties.timeout,
                data: data5,
              };
              if (vErrors === null) {
                vErrors = [err14];
              } else {
                vErrors.push(err14);
              }
              errors++;
            }
            if (!durationBounds.maxDuration(data5, 60000)) {
              const err15 = {
                instancePath: instancePath + '/dns/timeout',
                schemaPath: '#/properties/dns/properties/timeout/maxDuration',
                keyword: 'maxDuration',
                params: {},
                schema: '1m',
                parentSchema: schema0.properties.dns.properties.timeout,
                data: data5,
              };
              if (vErrors === null) {
                vErrors = [err15];
              } else {
                vErrors.push(err15);
              }
              errors++;
            }
          } else {
            const err16 = {
              instancePath: instancePath + '/dns/timeout',
              schemaPath: '#/properties/dns/properties/timeout/type',
              keyword: 'type',
              params: { type: 'string' },
              schema: schema0.properties.dns.properties.timeout.type,
              parentSchema: schema0.properties.dns.properties.timeout,
              data: data5,
            };
            if (vErrors === null) {
              vErrors = [err16];
            } else {
              vErrors.push(err16);
            }
            errors++;
          }
        }
        if (data2['min-ttl'] !== undefined && func0.call(data2, 'min-ttl')) {
          let data6 = data2['min-ttl'];
          if (typeof data6 === 'string') {
            if (!formats16(data6)) {
              const err17 = {
                instancePath: instancePath + '/dns/min-ttl',
                schemaPath: '#/properties/dns/properties/min-ttl/format',
                keyword: 'format',
                params: { format: 'go-duration' },
                schema: 'go-duration',
                parentSchema: schema0.properties.dns.properties['min-ttl'],
                data: data6,
              };
              if (vErrors === null) {
                vErrors = [err17];
              } else {
                vErrors.push(err17);
              }
              errors++;
            }
            if (!durationBounds.minDuration(data6, 1000)) {
              const err18 = {
                instancePath: instancePath + '/dns/min-ttl',
                schemaPath: '#/properties/dns/properties/min-ttl/minDuration',
                keyword: 'minDuration',
                params: {},
                schema: '1s',
                parentSchema: schema0.properties.dns.properties['min-ttl'],
                data: data6,
              };
              if (vErrors === null) {
                vErrors = [err18];
              } else {
                vErrors.push(err18);
              }
              errors++;
            }
            if (!durationBounds.maxDuration(data6, 86400000)) {
              const err19 = {
                instancePath: instancePath + '/dns/min-ttl',
                schemaPath: '#/properties/dns/properties/min-ttl/maxDuration',
                keyword: 'maxDuration',
                params: {},
                schema: '24h',
                parentSchema: schema0.properties.dns.properties['min-ttl'],
                data: data6,
              };
              if (vErrors === null) {
                vErrors = [err19];
              } else {
                vErrors.push(err19);
              }
              errors++;
            }
          } else {
            const err20 = {
              instancePath: instancePath + '/dns/min-ttl',
              schemaPath: '#/properties/dns/properties/min-ttl/type',
              keyword: 'type',
              params: { type: 'string' },
              schema: schema0.properties.dns.properties['min-ttl'].type,
              parentSchema: schema0.properties.dns.properties['min-ttl'],
              data: data6,
            };
            if (vErrors === null) {
              vErrors = [err20];
            } else {
              vErrors.push(err20);
            }
            errors++;
          }
        }
        if (data2['max-ttl'] !== undefined && func0.call(data2, 'max-ttl')) {
          let data7 = data2['max-ttl'];
          if (typeof data7 === 'string') {
            if (!formats16(data7)) {
              const err21 = {
                instancePath: instancePath + '/dns/max-ttl',
                schemaPath: '#/properties/dns/properties/max-ttl/format',
                keyword: 'format',
                params: { format: 'go-duration' },
                schema: 'go-duration',
                parentSchema: schema0.properties.dns.properties['max-ttl'],
                data: data7,
              };
              if (vErrors === null) {
                vErrors = [err21];
              } else {
                vErrors.push(err21);
              }
              errors++;
            }
            if (!durationBounds.minDuration(data7, 1000)) {
              const err22 = {
                instancePath: instancePath + '/dns/max-ttl',
                schemaPath: '#/properties/dns/properties/max-ttl/minDuration',
                keyword: 'minDuration',
                params: {},
                schema: '1s',
                parentSchema: schema0.properties.dns.properties['max-ttl'],
                data: data7,
              };
              if (vErrors === null) {
                vErrors = [err22];
              } else {
                vErrors.push(err22);
              }
              errors++;
            }
            if (!durationBounds.maxDuration(data7, 604800000)) {
              const err23 = {
                instancePath: instancePath + '/dns/max-ttl',
                schemaPath: '#/properties/dns/properties/max-ttl/maxDuration',
                keyword: 'maxDuration',
                params: {},
                schema: '168h',
                parentSchema: schema0.properties.dns.properties['max-ttl'],
                data: data7,
              };
              if (vErrors === null) {
                vErrors = [err23];
              } else {
                vErrors.push(err23);
              }
              errors++;
            }
          } else {
            const err24 = {
              instancePath: instancePath + '/dns/max-ttl',
              schemaPath: '#/properties/dns/properties/max-ttl/type',
              keyword: 'type',
              params: { type: 'string' },
              schema: schema0.properties.dns.properties['max-ttl'].type,
              parentSchema: schema0.properties.dns.properties['max-ttl'],
              data: data7,
            };
            if (vErrors === null) {
              vErrors = [err24];
            } else {
              vErrors.push(err24);
            }
            errors++;
          }
        }
        if (data2.hold !== undefined && func0.call(data2, 'hold')) {
          let data8 = data2.hold;
          if (typeof data8 === 'string') {
            if (!formats16(data8)) {
              const err25 = {
                instancePath: instancePath + '/dns/hold',
                schemaPath: '#/properties/dns/properties/hold/format',
                keyword: 'format',
                params: { format: 'go-duration' },
                schema: 'go-duration',
                parentSchema: schema0.properties.dns.properties.hold,
                data: data8,
              };
              if (vErrors === null) {
                vErrors = [err25];
              } else {
                vErrors.push(err25);
              }
              errors++;
            }
            if (!durationBounds.minDuration(data8, 0)) {
              const err26 = {
                instancePath: instancePath + '/dns/hold',
                schemaPath: '#/properties/dns/properties/hold/minDuration',
                keyword: 'minDuration',
                params: {},
                schema: '0s',
                parentSchema: schema0.properties.dns.properties.hold,
                data: data8,
              };
              if (vErrors === null) {
                vErrors = [err26];
              } else {
                vErrors.push(err26);
              }
              errors++;
            }
            if (!durationBounds.maxDuration(data8, 604800000)) {
              const err27 = {
                instancePath: instancePath + '/dns/hold',
                schemaPath: '#/properties/dns/properties/hold/maxDuration',
                keyword: 'maxDuration',
                params: {},
                schema: '168h',
                parentSchema: schema0.properties.dns.properties.hold,
                data: data8,
              };
              if (vErrors === null) {
                vErrors = [err27];
              } else {
                vErrors.push(err27);
              }
              errors++;
            }
          } else {
            const err28 = {
              instancePath: instancePath + '/dns/hold',
              schemaPath: '#/properties/dns/properties/hold/type',
              keyword: 'type',
              params: { type: 'string' },
              schema: schema0.properties.dns.properties.hold.type,
              parentSchema: schema0.properties.dns.properties.hold,
              data: data8,
            };
            if (vErrors === null) {
              vErrors = [err28];
            } else {
              vErrors.push(err28);
            }
            errors++;
          }
        }
      } else {
        const err29 = {
          instancePath: instancePath + '/dns',
          schemaPath: '#/properties/dns/type',
          keyword: 'type',
          params: { type: 'object' },
          schema: schema0.properties.dns.type,
          parentSchema: schema0.properties.dns,
          data: data2,
        };
        if (vErrors === null) {
          vErrors = [err29];
        } else {
          vErrors.push(err29);
        }
        errors++;
      }
    }
    if (data.reload !== undefined && func0.call(data, 'reload')) {
      let data9 = data.reload;
      if (data9 && typeof data9 == 'object' && !Array.isArray(data9)) {
        for (const key4 of Object.keys(data9)) {
          if (!(key4 === 'watch' || key4 === 'quiet-period')) {
            const err30 = {
              instancePath: instancePath + '/reload',
              schemaPath: '#/properties/reload/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key4 },
              schema: false,
              parentSchema: schema0.properties.reload,
              data: data9,
            };
            if (vErrors === null) {
              vErrors = [err30];
            } else {
              vErrors.push(err30);
            }
            errors++;
          }
        }
        if (data9.watch !== undefined && func0.call(data9, 'watch')) {
          let data10 = data9.watch;
          if (typeof data10 !== 'boolean') {
            const err31 = {
              instancePath: instancePath + '/reload/watch',
              schemaPath: '#/properties/reload/properties/watch/type',
              keyword: 'type',
              params: { type: 'boolean' },
              schema: schema0.properties.reload.properties.watch.type,
              parentSchema: schema0.properties.reload.properties.watch,
              data: data10,
            };
            if (vErrors === null) {
              vErrors = [err31];
            } else {
              vErrors.push(err31);
            }
            errors++;
          }
        }
        if (data9['quiet-period'] !== undefined && func0.call(data9, 'quiet-period')) {
          let data11 = data9['quiet-period'];
          if (typeof data11 === 'string') {
            if (!formats16(data11)) {
              const err32 = {
                instancePath: instancePath + '/reload/quiet-period',
                schemaPath: '#/properties/reload/properties/quiet-period/format',
                keyword: 'format',
                params: { format: 'go-duration' },
                schema: 'go-duration',
                parentSchema: schema0.properties.reload.properties['quiet-period'],
                data: data11,
              };
              if (vErrors === null) {
                vErrors = [err32];
              } else {
                vErrors.push(err32);
              }
              errors++;
            }
            if (!durationBounds.minDuration(data11, 10)) {
              const err33 = {
                instancePath: instancePath + '/reload/quiet-period',
                schemaPath: '#/properties/reload/properties/quiet-period/minDuration',
                keyword: 'minDuration',
                params: {},
                schema: '10ms',
                parentSchema: schema0.properties.reload.properties['quiet-period'],
                data: data11,
              };
              if (vErrors === null) {
                vErrors = [err33];
              } else {
                vErrors.push(err33);
              }
              errors++;
            }
            if (!durationBounds.maxDuration(data11, 60000)) {
              const err34 = {
                instancePath: instancePath + '/reload/quiet-period',
                schemaPath: '#/properties/reload/properties/quiet-period/maxDuration',
                keyword: 'maxDuration',
                params: {},
                schema: '1m',
                parentSchema: schema0.properties.reload.properties['quiet-period'],
                data: data11,
              };
              if (vErrors === null) {
                vErrors = [err34];
              } else {
                vErrors.push(err34);
              }
              errors++;
            }
          } else {
            const err35 = {
              instancePath: instancePath + '/reload/quiet-period',
              schemaPath: '#/properties/reload/properties/quiet-period/type',
              keyword: 'type',
              params: { type: 'string' },
              schema: schema0.properties.reload.properties['quiet-period'].type,
              parentSchema: schema0.properties.reload.properties['quiet-period'],
              data: data11,
            };
            if (vErrors === null) {
              vErrors = [err35];
            } else {
              vErrors.push(err35);
            }
            errors++;
          }
        }
      } else {
        const err36 = {
          instancePath: instancePath + '/reload',
          schemaPath: '#/properties/reload/type',
          keyword: 'type',
          params: { type: 'object' },
          schema: schema0.properties.reload.type,
          parentSchema: schema0.properties.reload,
          data: data9,
        };
        if (vErrors === null) {
          vErrors = [err36];
        } else {
          vErrors.push(err36);
        }
        errors++;
      }
    }
    if (data.shutdown !== undefined && func0.call(data, 'shutdown')) {
      let data12 = data.shutdown;
      if (data12 && typeof data12 == 'object' && !Array.isArray(data12)) {
        for (const key5 of Object.keys(data12)) {
          if (!(key5 === 'drain-timeout')) {
            const err37 = {
              instancePath: instancePath + '/shutdown',
              schemaPath: '#/properties/shutdown/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key5 },
              schema: false,
              parentSchema: schema0.properties.shutdown,
              data: data12,
            };
            if (vErrors === null) {
              vErrors = [err37];
            } else {
              vErrors.push(err37);
            }
            errors++;
          }
        }
        if (data12['drain-timeout'] !== undefined && func0.call(data12, 'drain-timeout')) {
          let data13 = data12['drain-timeout'];
          if (typeof data13 === 'string') {
            if (!formats16(data13)) {
              const err38 = {
                instancePath: instancePath + '/shutdown/drain-timeout',
                schemaPath: '#/properties/shutdown/properties/drain-timeout/format',
                keyword: 'format',
                params: { format: 'go-duration' },
                schema: 'go-duration',
                parentSchema: schema0.properties.shutdown.properties['drain-timeout'],
                data: data13,
              };
              if (vErrors === null) {
                vErrors = [err38];
              } else {
                vErrors.push(err38);
              }
              errors++;
            }
            if (!durationBounds.minDuration(data13, 0)) {
              const err39 = {
                instancePath: instancePath + '/shutdown/drain-timeout',
                schemaPath: '#/properties/shutdown/properties/drain-timeout/minDuration',
                keyword: 'minDuration',
                params: {},
                schema: '0s',
                parentSchema: schema0.properties.shutdown.properties['drain-timeout'],
                data: data13,
              };
              if (vErrors === null) {
                vErrors = [err39];
              } else {
                vErrors.push(err39);
              }
              errors++;
            }
          } else {
            const err40 = {
              instancePath: instancePath + '/shutdown/drain-timeout',
              schemaPath: '#/properties/shutdown/properties/drain-timeout/type',
              keyword: 'type',
              params: { type: 'string' },
              schema: schema0.properties.shutdown.properties['drain-timeout'].type,
              parentSchema: schema0.properties.shutdown.properties['drain-timeout'],
              data: data13,
            };
            if (vErrors === null) {
              vErrors = [err40];
            } else {
              vErrors.push(err40);
            }
            errors++;
          }
        }
      } else {
        const err41 = {
          instancePath: instancePath + '/shutdown',
          schemaPath: '#/properties/shutdown/type',
          keyword: 'type',
          params: { type: 'object' },
          schema: schema0.properties.shutdown.type,
          parentSchema: schema0.properties.shutdown,
          data: data12,
        };
        if (vErrors === null) {
          vErrors = [err41];
        } else {
          vErrors.push(err41);
        }
        errors++;
      }
    }
    if (data.log !== undefined && func0.call(data, 'log')) {
      let data14 = data.log;
      if (data14 && typeof data14 == 'object' && !Array.isArray(data14)) {
        for (const key6 of Object.keys(data14)) {
          if (!(key6 === 'level' || key6 === 'format' || key6 === 'sessions')) {
            const err42 = {
              instancePath: instancePath + '/log',
              schemaPath: '#/properties/log/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key6 },
              schema: false,
              parentSchema: schema0.properties.log,
              data: data14,
            };
            if (vErrors === null) {
              vErrors = [err42];
            } else {
              vErrors.push(err42);
            }
            errors++;
          }
        }
        if (data14.level !== undefined && func0.call(data14, 'level')) {
          let data15 = data14.level;
          if (typeof data15 !== 'string') {
            const err43 = {
              instancePath: instancePath + '/log/level',
              schemaPath: '#/properties/log/properties/level/type',
              keyword: 'type',
              params: { type: 'string' },
              schema: schema0.properties.log.properties.level.type,
              parentSchema: schema0.properties.log.properties.level,
              data: data15,
            };
            if (vErrors === null) {
              vErrors = [err43];
            } else {
              vErrors.push(err43);
            }
            errors++;
          }
          if (!(
            data15 === 'error' ||
            data15 === 'warn' ||
            data15 === 'info' ||
            data15 === 'debug'
          )) {
            const err44 = {
              instancePath: instancePath + '/log/level',
              schemaPath: '#/properties/log/properties/level/enum',
              keyword: 'enum',
              params: { allowedValues: schema0.properties.log.properties.level.enum },
              schema: schema0.properties.log.properties.level.enum,
              parentSchema: schema0.properties.log.properties.level,
              data: data15,
            };
            if (vErrors === null) {
              vErrors = [err44];
            } else {
              vErrors.push(err44);
            }
            errors++;
          }
        }
        if (data14.format !== undefined && func0.call(data14, 'format')) {
          let data16 = data14.format;
          if (typeof data16 !== 'string') {
            const err45 = {
              instancePath: instancePath + '/log/format',
              schemaPath: '#/properties/log/properties/format/type',
              keyword: 'type',
              params: { type: 'string' },
              schema: schema0.properties.log.properties.format.type,
              parentSchema: schema0.properties.log.properties.format,
              data: data16,
            };
            if (vErrors === null) {
              vErrors = [err45];
            } else {
              vErrors.push(err45);
            }
            errors++;
          }
          if (!(data16 === 'auto' || data16 === 'text' || data16 === 'json')) {
            const err46 = {
              instancePath: instancePath + '/log/format',
              schemaPath: '#/properties/log/properties/format/enum',
              keyword: 'enum',
              params: { allowedValues: schema0.properties.log.properties.format.enum },
              schema: schema0.properties.log.properties.format.enum,
              parentSchema: schema0.properties.log.properties.format,
              data: data16,
            };
            if (vErrors === null) {
              vErrors = [err46];
            } else {
              vErrors.push(err46);
            }
            errors++;
          }
        }
        if (data14.sessions !== undefined && func0.call(data14, 'sessions')) {
          let data17 = data14.sessions;
          if (typeof data17 !== 'boolean') {
            const err47 = {
              instancePath: instancePath + '/log/sessions',
              schemaPath: '#/properties/log/properties/sessions/type',
              keyword: 'type',
              params: { type: 'boolean' },
              schema: schema0.properties.log.properties.sessions.type,
              parentSchema: schema0.properties.log.properties.sessions,
              data: data17,
            };
            if (vErrors === null) {
              vErrors = [err47];
            } else {
              vErrors.push(err47);
            }
            errors++;
          }
        }
      } else {
        const err48 = {
          instancePath: instancePath + '/log',
          schemaPath: '#/properties/log/type',
          keyword: 'type',
          params: { type: 'object' },
          schema: schema0.properties.log.type,
          parentSchema: schema0.properties.log,
          data: data14,
        };
        if (vErrors === null) {
          vErrors = [err48];
        } else {
          vErrors.push(err48);
        }
        errors++;
      }
    }
    if (data.admin !== undefined && func0.call(data, 'admin')) {
      let data18 = data.admin;
      if (data18 && typeof data18 == 'object' && !Array.isArray(data18)) {
        for (const key7 of Object.keys(data18)) {
          if (!(key7 === 'listen-addr' || key7 === 'token-file')) {
            const err49 = {
              instancePath: instancePath + '/admin',
              schemaPath: '#/properties/admin/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key7 },
              schema: false,
              parentSchema: schema0.properties.admin,
              data: data18,
            };
            if (vErrors === null) {
              vErrors = [err49];
            } else {
              vErrors.push(err49);
            }
            errors++;
          }
        }
        if (data18['listen-addr'] !== undefined && func0.call(data18, 'listen-addr')) {
          let data19 = data18['listen-addr'];
          if (typeof data19 !== 'string' && !Array.isArray(data19)) {
            const err50 = {
              instancePath: instancePath + '/admin/listen-addr',
              schemaPath: '#/properties/admin/properties/listen-addr/type',
              keyword: 'type',
              params: { type: schema0.properties.admin.properties['listen-addr'].type },
              schema: schema0.properties.admin.properties['listen-addr'].type,
              parentSchema: schema0.properties.admin.properties['listen-addr'],
              data: data19,
            };
            if (vErrors === null) {
              vErrors = [err50];
            } else {
              vErrors.push(err50);
            }
            errors++;
          }
          if (typeof data19 === 'string') {
            if (!formats74(data19)) {
              const err51 = {
                instancePath: instancePath + '/admin/listen-addr',
                schemaPath: '#/properties/admin/properties/listen-addr/format',
                keyword: 'format',
                params: { format: 'admin-address' },
                schema: 'admin-address',
                parentSchema: schema0.properties.admin.properties['listen-addr'],
                data: data19,
              };
              if (vErrors === null) {
                vErrors = [err51];
              } else {
                vErrors.push(err51);
              }
              errors++;
            }
          }
          if (Array.isArray(data19)) {
            if (data19.length > 8) {
              const err52 = {
                instancePath: instancePath + '/admin/listen-addr',
                schemaPath: '#/properties/admin/properties/listen-addr/maxItems',
                keyword: 'maxItems',
                params: { limit: 8 },
                schema: 8,
                parentSchema: schema0.properties.admin.properties['listen-addr'],
                data: data19,
              };
              if (vErrors === null) {
                vErrors = [err52];
              } else {
                vErrors.push(err52);
              }
              errors++;
            }
            if (data19.length < 1) {
              const err53 = {
                instancePath: instancePath + '/admin/listen-addr',
                schemaPath: '#/properties/admin/properties/listen-addr/minItems',
                keyword: 'minItems',
                params: { limit: 1 },
                schema: 1,
                parentSchema: schema0.properties.admin.properties['listen-addr'],
                data: data19,
              };
              if (vErrors === null) {
                vErrors = [err53];
              } else {
                vErrors.push(err53);
              }
              errors++;
            }
            const len1 = data19.length;
            for (let i1 = 0; i1 < len1; i1++) {
              let data20 = data19[i1];
              if (typeof data20 === 'string') {
                if (!formats74(data20)) {
                  const err54 = {
                    instancePath: instancePath + '/admin/listen-addr/' + i1,
                    schemaPath: '#/properties/admin/properties/listen-addr/items/format',
                    keyword: 'format',
                    params: { format: 'admin-address' },
                    schema: 'admin-address',
                    parentSchema: schema0.properties.admin.properties['listen-addr'].items,
                    data: data20,
                  };
                  if (vErrors === null) {
                    vErrors = [err54];
                  } else {
                    vErrors.push(err54);
                  }
                  errors++;
                }
              } else {
                const err55 = {
                  instancePath: instancePath + '/admin/listen-addr/' + i1,
                  schemaPath: '#/properties/admin/properties/listen-addr/items/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  schema: schema0.properties.admin.properties['listen-addr'].items.type,
                  parentSchema: schema0.properties.admin.properties['listen-addr'].items,
                  data: data20,
                };
                if (vErrors === null) {
                  vErrors = [err55];
                } else {
                  vErrors.push(err55);
                }
                errors++;
              }
            }
          }
        }
        if (data18['token-file'] !== undefined && func0.call(data18, 'token-file')) {
          let data21 = data18['token-file'];
          if (typeof data21 === 'string') {
            if (!formats18(data21)) {
              const err56 = {
                instancePath: instancePath + '/admin/token-file',
                schemaPath: '#/properties/admin/properties/token-file/format',
                keyword: 'format',
                params: { format: 'file-path' },
                schema: 'file-path',
                parentSchema: schema0.properties.admin.properties['token-file'],
                data: data21,
              };
              if (vErrors === null) {
                vErrors = [err56];
              } else {
                vErrors.push(err56);
              }
              errors++;
            }
          } else {
            const err57 = {
              instancePath: instancePath + '/admin/token-file',
              schemaPath: '#/properties/admin/properties/token-file/type',
              keyword: 'type',
              params: { type: 'string' },
              schema: schema0.properties.admin.properties['token-file'].type,
              parentSchema: schema0.properties.admin.properties['token-file'],
              data: data21,
            };
            if (vErrors === null) {
              vErrors = [err57];
            } else {
              vErrors.push(err57);
            }
            errors++;
          }
        }
      } else {
        const err58 = {
          instancePath: instancePath + '/admin',
          schemaPath: '#/properties/admin/type',
          keyword: 'type',
          params: { type: 'object' },
          schema: schema0.properties.admin.type,
          parentSchema: schema0.properties.admin,
          data: data18,
        };
        if (vErrors === null) {
          vErrors = [err58];
        } else {
          vErrors.push(err58);
        }
        errors++;
      }
    }
  } else {
    const err59 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' },
      schema: schema0.type,
      parentSchema: schema0,
      data,
    };
    if (vErrors === null) {
      vErrors = [err59];
    } else {
      vErrors.push(err59);
    }
    errors++;
  }
  validate0.errors = vErrors;
  return errors === 0;
}
validate0.evaluated = { props: true, dynamicProps: false, dynamicItems: false };
