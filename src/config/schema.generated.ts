// Generated from schemas/gateway.schema.json by scripts/generate.ts; edit there.
import type { SchemaNode } from './schema-node.js';

/**
 * An endpoint: its address, or an object with the address and how it takes part.
 */
export type EndpointEntry =
  | string
  | {
      /**
       * Where it is: `host:port`, `[v6]:port` or `unix:/path`.
       */
      addr: string;
      /**
       * Share of the sessions among endpoints of one priority. All with 0 together get a hundredth of the smallest other weight. The addresses of a host name share it.
       */
      weight: number;
      /**
       * Lower is preferred; a higher one serves only while none below is alive.
       */
      priority: number;
      /**
       * Largest number of open sessions to this endpoint, over all addresses of its name; further clients go to others. 0: no limit.
       */
      'max-sessions': number;
      /**
       * Takes no new sessions and keeps those it has until `drain-timeout`: for maintenance of a member.
       */
      drain: boolean;
    };

/**
 * Configuration of etcd-gateway. Every key takes effect on reload; no reload closes a session whose client and endpoint are both alive.
 */
export interface GatewayFile {
  /**
   * The gateways, by name. A name labels its gateway in logs, metrics and on the status page: letters, digits, `.`, `_` and `-`, at most 63.
   */
  gateways: {
    [k: string]: Gateway;
  };
  dns: Dns;
  reload: Reload;
  shutdown: Shutdown;
  log: Log;
  admin: Admin;
}
/**
 * One front door to one etcd cluster: listeners, endpoints and how the one reaches the other.
 */
export interface Gateway {
  /**
   * Where clients connect: `host:port`, `[v6]:port`, `:port` (all interfaces) or `unix:/path`; one, or a list. `localhost` is 127.0.0.1 and, where the machine has it, ::1. Another name is its first address, IPv4 before IPv6.
   *
   * @minItems 1
   * @maxItems 64
   */
  'listen-addr': string | string[];
  /**
   * File mode of the unix sockets among the listeners, octal and in quotes. Who may write to a socket may connect to it.
   */
  'listen-mode': string;
  /**
   * Bind listeners also to addresses that this machine does not have yet, such as floating addresses (IP_FREEBIND).
   */
  'listen-freebind': boolean;
  /**
   * Where etcd is: `host:port`, `[v6]:port` or `unix:/path`, or an object to say more. The full set without a discovery; beside one the seeds, used until its first answer.
   *
   * @maxItems 10000
   */
  endpoints: EndpointEntry[];
  /**
   * Domain whose SRV records `_etcd-client-ssl._tcp` and `_etcd-client._tcp` list the endpoints. Looked up again when the answer's TTL ends; a failed or empty answer keeps the last good one. Searched as resolv.conf says, unless it ends with a dot. Empty: off.
   */
  'discovery-srv': string;
  /**
   * Inserted into the SRV service names as `-NAME`: `_etcd-client-ssl-NAME._tcp`. Empty: nothing is.
   */
  'discovery-srv-name': string;
  /**
   * Also take the SRV records of plaintext servers, and verify no discovered server. Without it each discovered server must complete a TLS handshake with a valid certificate before it is used.
   */
  'insecure-discovery': boolean;
  /**
   * PEM file of the authorities that discovered servers are verified against. Empty: the system's.
   */
  'trusted-ca-file': string;
  'member-discovery'?: MemberDiscovery;
  /**
   * The longest an ejected endpoint waits for its next try. The first try comes after 100 ms, and the wait doubles with each failure up to this.
   */
  'retry-delay': string;
  /**
   * How long one connection attempt to an endpoint may take before it counts as failed.
   */
  'connect-timeout': string;
  /**
   * If an endpoint has not connected by then, the next one is dialed beside it and the first to connect wins. Lower hides a black hole sooner and costs spare connections on slow networks. `0s`: one after the other.
   */
  'dial-stagger': string;
  /**
   * An endpoint that has taken a session's first bytes and sent nothing back by then is ejected, and the session reset so that its client goes elsewhere. Never applies after the first byte. `0s`: off.
   */
  'first-byte-timeout': string;
  /**
   * Idle time after which TCP keepalive probes are sent on both sides, in whole seconds (rounded up). `0s`: none.
   */
  keepalive: string;
  /**
   * A session is reset when bytes that were sent to its client or endpoint stay unacknowledged for this long. For new sessions. `0s`: the kernel's own limit, about a quarter of an hour.
   */
  'tcp-user-timeout': string;
  /**
   * A session without a byte in either direction for this long is closed. etcd watches may rightly be silent for hours. `0s`: off.
   */
  'idle-timeout': string;
  /**
   * A session is closed when it is this old, give or take a tenth, so that clients reconnect and spread. `0s`: off.
   */
  'max-session-age': string;
  /**
   * Largest number of open sessions; further clients are refused at once. 0: only the limit of file descriptors.
   */
  'max-sessions': number;
  /**
   * How long the sessions of a removed or draining endpoint may go on; then idle ones are closed first and the rest paced. `0s`: for as long as they last.
   */
  'drain-timeout': string;
  /**
   * An endpoint that returns has its share raised from nothing to full over this time. `0s`: the full share at once.
   */
  'slow-start': string;
  /**
   * Who gets the next session, by weight and within the lowest priority that is alive: each in turn, the one with the fewest sessions, or the better of two picked at random.
   */
  balancer: 'round-robin' | 'least-sessions' | 'random-two';
  /**
   * What becomes of an endpoint's sessions when it is ejected. `close` acts only on a failed health check or a reset, and never while no other endpoint is alive.
   */
  'on-eject': 'keep' | 'close';
  'health-check': HealthCheck;
  rebalance?: Rebalance;
  /**
   * Addresses that may connect over TCP: IP addresses or CIDR blocks. Empty: everybody.
   *
   * @maxItems 10000
   */
  allow: string[];
  /**
   * Addresses that may not connect over TCP: IP addresses or CIDR blocks. Wins over `allow`.
   *
   * @maxItems 10000
   */
  deny: string[];
}
/**
 * Asks the cluster itself for its members and uses their client URLs; `endpoints` or `discovery-srv` are the seeds. Learners and members that have not started are left out. Absent: off.
 */
export interface MemberDiscovery {
  /**
   * Longest time between two looks at the member list; up to a random half is taken off, so that many gateways do not look at once.
   */
  interval: string;
  tls?: TlsFiles;
  /**
   * User of etcd that may list members, where etcd's authentication is on. Needs `password-file`. Absent: asks as nobody.
   */
  username?: string;
  /**
   * File with that user's password; read when it is used. Needs `username`. Absent: asks as nobody.
   */
  'password-file'?: string;
}
/**
 * TLS towards the endpoints for the gateway's own requests. Sessions are passed through untouched. Files are read when they are used, so renewed ones need no reload. Absent: plaintext.
 */
export interface TlsFiles {
  /**
   * PEM file of the authorities that servers are verified against. Absent: the system's.
   */
  'ca-file'?: string;
  /**
   * PEM file of the client certificate to show. Needs `key-file`. Absent: none is shown.
   */
  'cert-file'?: string;
  /**
   * PEM file of the client certificate's private key. Needs `cert-file`. Absent: none is shown.
   */
  'key-file'?: string;
  /**
   * Name that the servers' certificates must bear. Absent: the host of each endpoint.
   */
  'server-name'?: string;
}
/**
 * Active checks of each endpoint, beside what its traffic shows.
 */
export interface HealthCheck {
  /**
   * `none`: traffic alone decides. `tcp`: a connection opens (etcd logs each such probe as a rejected connection). `tls`: a handshake completes. `etcd`: `/health` on the client URL says healthy, alarms included.
   */
  type: 'none' | 'tcp' | 'tls' | 'etcd';
  /**
   * Checked instead of the endpoint's own port, over http where `tls` is absent: etcd serves `/health` on `--listen-metrics-urls`, too (kubeadm: port 2381). Absent: the endpoint's port.
   */
  port?: number;
  /**
   * Time between two checks of one endpoint, with jitter.
   */
  interval: string;
  /**
   * How long one check may take; not longer than `interval`.
   */
  timeout: string;
  /**
   * Successful checks in a row that bring an ejected endpoint back.
   */
  rise: number;
  /**
   * Failed checks in a row that eject an endpoint.
   */
  fall: number;
  tls?: TlsFiles;
}
/**
 * Evens out long-lived sessions after an endpoint has returned: quiet sessions on the fuller endpoints are closed, paced, and their clients reconnect elsewhere. Absent: off.
 */
export interface Rebalance {
  /**
   * How far session counts may differ from an even share before anything is closed.
   */
  tolerance: string;
  /**
   * Only sessions without a byte in either direction for this long are closed.
   */
  'quiet-for': string;
  /**
   * Most sessions closed in a second.
   */
  'max-per-second': number;
}
/**
 * How SRV records and the host names of endpoints are looked up.
 */
export interface Dns {
  /**
   * DNS servers to ask, as IP address and port, in this order. Empty: those of /etc/resolv.conf, which is read again when it changes. Its `search` and `ndots` hold in any case.
   *
   * @maxItems 16
   */
  servers: string[];
  /**
   * How long one server may take for one answer before the next one is asked. By default the `timeout` of /etc/resolv.conf counts before this value.
   */
  timeout: string;
  /**
   * An answer is kept at least this long, whatever its TTL. Lower follows DNS changes sooner and costs more queries. After a failure it is asked again as often, at least once a minute; without any answer yet, after 1 s, doubling up to 30 s.
   */
  'min-ttl': string;
  /**
   * An answer is kept at most this long, whatever its TTL.
   */
  'max-ttl': string;
  /**
   * How long an SRV target, or an address of a host name, stays in use after it has left the answers. For servers that name only a few of many, at random, as Consul does.
   */
  hold: string;
}
/**
 * When this file is read again. SIGHUP and `etcd-gateway reload` do so at any time.
 */
export interface Reload {
  /**
   * Whether a change of the file is taken up by itself. With `false` only SIGHUP and `etcd-gateway reload` do so.
   */
  watch: boolean;
  /**
   * How long the file must stand still before it is read, so that a file being written is not read half. Longer delays each change by as much, SIGHUP and `reload` by 100ms at most.
   */
  'quiet-period': string;
}
/**
 * What happens on SIGTERM, SIGINT and SIGQUIT. A second signal ends the process at once.
 */
export interface Shutdown {
  /**
   * How long open sessions may go on after the listeners are closed. `0s`: not at all. Keep it below the time that the service manager grants before it kills.
   */
  'drain-timeout': string;
}
/**
 * What is written to standard error.
 */
export interface Log {
  /**
   * The least important line that is written. `debug` adds lines for each dial, check and DNS query, and for each session's end.
   */
  level: 'error' | 'warn' | 'info' | 'debug';
  /**
   * `auto`: text on a terminal, JSON elsewhere.
   */
  format: 'auto' | 'text' | 'json';
  /**
   * `true`: one line at `info` for each session's end, with its client, endpoint, bytes and duration, and why it ended.
   */
  sessions: boolean;
}
/**
 * The server of the status page, metrics, health and reload requests. `etcd-gateway status` and `reload` talk to it.
 */
export interface Admin {
  /**
   * Where it listens: `host:port`, `unix:/path` (mode 0600); one, or a list; or `off`. An address that is not of the loopback interface needs `token-file`. By default it listens at `unix:/run/etcd-gateway/admin.sock` too, where that folder is, and for a user's own gateway at `$XDG_RUNTIME_DIR/etcd-gateway/admin.sock`. If a default address is taken, by another process or by a gateway of this file, there is no admin server there until it is free; a written one that is taken is an error.
   *
   * @minItems 1
   * @maxItems 8
   */
  'listen-addr': string | string[];
  /**
   * File with the bearer token that requests must bring. Over TCP a reload can be asked for only with a token; over a unix socket the socket's permissions decide. Absent: no token.
   */
  'token-file'?: string;
}

/** The whole of schemas/gateway.schema.json. */
export const schema: SchemaNode = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:etcd-gateway:schema:configuration',
  title: 'GatewayFile',
  description:
    'Configuration of etcd-gateway. Every key takes effect on reload; no reload closes a session whose client and endpoint are both alive.',
  type: 'object',
  additionalProperties: false,
  required: ['gateways'],
  properties: {
    gateways: {
      description:
        'The gateways, by name. A name labels its gateway in logs, metrics and on the status page: letters, digits, `.`, `_` and `-`, at most 63.',
      type: 'object',
      minProperties: 1,
      maxProperties: 5000,
      propertyNames: {
        type: 'string',
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
      },
      additionalProperties: {
        $ref: '#/$defs/gateway',
      },
      examples: [
        {
          main: {
            'listen-addr': '127.0.0.1:23790',
            endpoints: ['infra0.example.com:2379'],
          },
        },
      ],
    },
    dns: {
      title: 'Dns',
      description: 'How SRV records and the host names of endpoints are looked up.',
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        servers: {
          description:
            'DNS servers to ask, as IP address and port, in this order. Empty: those of /etc/resolv.conf, which is read again when it changes. Its `search` and `ndots` hold in any case.',
          type: 'array',
          maxItems: 16,
          items: {
            type: 'string',
            format: 'dns-server',
          },
          default: [],
          examples: [['10.0.0.53:53', '[2001:db8::53]:53']],
        },
        timeout: {
          description:
            'How long one server may take for one answer before the next one is asked. By default the `timeout` of /etc/resolv.conf counts before this value.',
          type: 'string',
          format: 'go-duration',
          minDuration: '10ms',
          maxDuration: '1m',
          default: '2s',
          examples: ['500ms'],
        },
        'min-ttl': {
          description:
            'An answer is kept at least this long, whatever its TTL. Lower follows DNS changes sooner and costs more queries. After a failure it is asked again as often, at least once a minute; without any answer yet, after 1 s, doubling up to 30 s.',
          type: 'string',
          format: 'go-duration',
          minDuration: '1s',
          maxDuration: '24h',
          default: '5s',
          examples: ['1s'],
        },
        'max-ttl': {
          description: 'An answer is kept at most this long, whatever its TTL.',
          type: 'string',
          format: 'go-duration',
          minDuration: '1s',
          maxDuration: '168h',
          default: '1h',
          examples: ['10m'],
        },
        hold: {
          description:
            'How long an SRV target, or an address of a host name, stays in use after it has left the answers. For servers that name only a few of many, at random, as Consul does.',
          type: 'string',
          format: 'go-duration',
          minDuration: '0s',
          maxDuration: '168h',
          default: '0s',
          examples: ['1m'],
        },
      },
    },
    reload: {
      title: 'Reload',
      description:
        'When this file is read again. SIGHUP and `etcd-gateway reload` do so at any time.',
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        watch: {
          description:
            'Whether a change of the file is taken up by itself. With `false` only SIGHUP and `etcd-gateway reload` do so.',
          type: 'boolean',
          default: true,
          examples: [false],
        },
        'quiet-period': {
          description:
            'How long the file must stand still before it is read, so that a file being written is not read half. Longer delays each change by as much, SIGHUP and `reload` by 100ms at most.',
          type: 'string',
          format: 'go-duration',
          minDuration: '10ms',
          maxDuration: '1m',
          default: '100ms',
          examples: ['1s'],
        },
      },
    },
    shutdown: {
      title: 'Shutdown',
      description:
        'What happens on SIGTERM, SIGINT and SIGQUIT. A second signal ends the process at once.',
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        'drain-timeout': {
          description:
            'How long open sessions may go on after the listeners are closed. `0s`: not at all. Keep it below the time that the service manager grants before it kills.',
          type: 'string',
          format: 'go-duration',
          minDuration: '0s',
          default: '30s',
          examples: ['5m'],
        },
      },
    },
    log: {
      title: 'Log',
      description: 'What is written to standard error.',
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        level: {
          description:
            "The least important line that is written. `debug` adds lines for each dial, check and DNS query, and for each session's end.",
          type: 'string',
          enum: ['error', 'warn', 'info', 'debug'],
          default: 'info',
          examples: ['debug'],
        },
        format: {
          description: '`auto`: text on a terminal, JSON elsewhere.',
          type: 'string',
          enum: ['auto', 'text', 'json'],
          default: 'auto',
          examples: ['json'],
        },
        sessions: {
          description:
            "`true`: one line at `info` for each session's end, with its client, endpoint, bytes and duration, and why it ended.",
          type: 'boolean',
          default: false,
          examples: [true],
        },
      },
    },
    admin: {
      title: 'Admin',
      description:
        'The server of the status page, metrics, health and reload requests. `etcd-gateway status` and `reload` talk to it.',
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        'listen-addr': {
          description:
            "Where it listens: `host:port`, `unix:/path` (mode 0600); one, or a list; or `off`. An address that is not of the loopback interface needs `token-file`. By default it listens at `unix:/run/etcd-gateway/admin.sock` too, where that folder is, and for a user's own gateway at `$XDG_RUNTIME_DIR/etcd-gateway/admin.sock`. If a default address is taken, by another process or by a gateway of this file, there is no admin server there until it is free; a written one that is taken is an error.",
          type: ['string', 'array'],
          format: 'admin-address',
          minItems: 1,
          maxItems: 8,
          items: {
            type: 'string',
            format: 'admin-address',
          },
          default: '127.0.0.1:23791',
          examples: [['127.0.0.1:23791', 'unix:/run/etcd-gateway/admin.sock'], 'off'],
        },
        'token-file': {
          description:
            "File with the bearer token that requests must bring. Over TCP a reload can be asked for only with a token; over a unix socket the socket's permissions decide. Absent: no token.",
          type: 'string',
          format: 'file-path',
          examples: ['/etc/etcd-gateway/admin.token'],
        },
      },
    },
  },
  $defs: {
    gateway: {
      title: 'Gateway',
      description:
        'One front door to one etcd cluster: listeners, endpoints and how the one reaches the other.',
      type: 'object',
      additionalProperties: false,
      required: ['listen-addr'],
      properties: {
        'listen-addr': {
          description:
            'Where clients connect: `host:port`, `[v6]:port`, `:port` (all interfaces) or `unix:/path`; one, or a list. `localhost` is 127.0.0.1 and, where the machine has it, ::1. Another name is its first address, IPv4 before IPv6.',
          type: ['string', 'array'],
          format: 'listen-address',
          minItems: 1,
          maxItems: 64,
          items: {
            type: 'string',
            format: 'listen-address',
          },
          examples: ['127.0.0.1:23790', ['127.0.0.1:23790', 'unix:/run/etcd-gateway/main.sock']],
        },
        'listen-mode': {
          description:
            'File mode of the unix sockets among the listeners, octal and in quotes. Who may write to a socket may connect to it.',
          type: 'string',
          format: 'file-mode',
          default: '0660',
          examples: ['0600', '0666'],
        },
        'listen-freebind': {
          description:
            'Bind listeners also to addresses that this machine does not have yet, such as floating addresses (IP_FREEBIND).',
          type: 'boolean',
          default: false,
          examples: [true],
        },
        endpoints: {
          description:
            'Where etcd is: `host:port`, `[v6]:port` or `unix:/path`, or an object to say more. The full set without a discovery; beside one the seeds, used until its first answer.',
          type: 'array',
          maxItems: 10000,
          items: {
            $ref: '#/$defs/endpoint',
          },
          default: [],
          examples: [
            [
              'infra0.example.com:2379',
              {
                addr: 'infra1.example.com:2379',
                weight: 10,
              },
            ],
          ],
        },
        'discovery-srv': {
          description:
            "Domain whose SRV records `_etcd-client-ssl._tcp` and `_etcd-client._tcp` list the endpoints. Looked up again when the answer's TTL ends; a failed or empty answer keeps the last good one. Searched as resolv.conf says, unless it ends with a dot. Empty: off.",
          type: 'string',
          format: 'domain',
          default: '',
          examples: ['example.com'],
        },
        'discovery-srv-name': {
          description:
            'Inserted into the SRV service names as `-NAME`: `_etcd-client-ssl-NAME._tcp`. Empty: nothing is.',
          type: 'string',
          format: 'service-name',
          default: '',
          examples: ['production'],
        },
        'insecure-discovery': {
          description:
            'Also take the SRV records of plaintext servers, and verify no discovered server. Without it each discovered server must complete a TLS handshake with a valid certificate before it is used.',
          type: 'boolean',
          default: false,
          examples: [true],
        },
        'trusted-ca-file': {
          description:
            "PEM file of the authorities that discovered servers are verified against. Empty: the system's.",
          type: 'string',
          format: 'optional-file-path',
          default: '',
          examples: ['/etc/ssl/etcd/ca.pem'],
        },
        'member-discovery': {
          $ref: '#/$defs/memberDiscovery',
        },
        'retry-delay': {
          description:
            'The longest an ejected endpoint waits for its next try. The first try comes after 100 ms, and the wait doubles with each failure up to this.',
          type: 'string',
          format: 'go-duration',
          minDuration: '1ms',
          default: '1m',
          examples: ['10s'],
        },
        'connect-timeout': {
          description:
            'How long one connection attempt to an endpoint may take before it counts as failed.',
          type: 'string',
          format: 'go-duration',
          minDuration: '1ms',
          maxDuration: '10m',
          default: '2s',
          examples: ['500ms'],
        },
        'dial-stagger': {
          description:
            'If an endpoint has not connected by then, the next one is dialed beside it and the first to connect wins. Lower hides a black hole sooner and costs spare connections on slow networks. `0s`: one after the other.',
          type: 'string',
          format: 'go-duration',
          minDuration: '0s',
          maxDuration: '10m',
          default: '250ms',
          examples: ['100ms'],
        },
        'first-byte-timeout': {
          description:
            "An endpoint that has taken a session's first bytes and sent nothing back by then is ejected, and the session reset so that its client goes elsewhere. Never applies after the first byte. `0s`: off.",
          type: 'string',
          format: 'go-duration',
          minDuration: '0s',
          default: '10s',
          examples: ['30s'],
        },
        keepalive: {
          description:
            'Idle time after which TCP keepalive probes are sent on both sides, in whole seconds (rounded up). `0s`: none.',
          type: 'string',
          format: 'go-duration',
          minDuration: '0s',
          maxDuration: '9h',
          default: '15s',
          examples: ['1m'],
        },
        'tcp-user-timeout': {
          description:
            "A session is reset when bytes that were sent to its client or endpoint stay unacknowledged for this long. For new sessions. `0s`: the kernel's own limit, about a quarter of an hour.",
          type: 'string',
          format: 'go-duration',
          minDuration: '0s',
          maxDuration: '24h',
          default: '30s',
          examples: ['1m'],
        },
        'idle-timeout': {
          description:
            'A session without a byte in either direction for this long is closed. etcd watches may rightly be silent for hours. `0s`: off.',
          type: 'string',
          format: 'go-duration',
          minDuration: '0s',
          default: '0s',
          examples: ['1h'],
        },
        'max-session-age': {
          description:
            'A session is closed when it is this old, give or take a tenth, so that clients reconnect and spread. `0s`: off.',
          type: 'string',
          format: 'go-duration',
          minDuration: '0s',
          default: '0s',
          examples: ['12h'],
        },
        'max-sessions': {
          description:
            'Largest number of open sessions; further clients are refused at once. 0: only the limit of file descriptors.',
          type: 'integer',
          minimum: 0,
          maximum: 1000000,
          default: 0,
          examples: [10000],
        },
        'drain-timeout': {
          description:
            'How long the sessions of a removed or draining endpoint may go on; then idle ones are closed first and the rest paced. `0s`: for as long as they last.',
          type: 'string',
          format: 'go-duration',
          minDuration: '0s',
          default: '0s',
          examples: ['10m'],
        },
        'slow-start': {
          description:
            'An endpoint that returns has its share raised from nothing to full over this time. `0s`: the full share at once.',
          type: 'string',
          format: 'go-duration',
          minDuration: '0s',
          maxDuration: '24h',
          default: '0s',
          examples: ['30s'],
        },
        balancer: {
          description:
            'Who gets the next session, by weight and within the lowest priority that is alive: each in turn, the one with the fewest sessions, or the better of two picked at random.',
          type: 'string',
          enum: ['round-robin', 'least-sessions', 'random-two'],
          default: 'round-robin',
          examples: ['least-sessions'],
        },
        'on-eject': {
          description:
            "What becomes of an endpoint's sessions when it is ejected. `close` acts only on a failed health check or a reset, and never while no other endpoint is alive.",
          type: 'string',
          enum: ['keep', 'close'],
          default: 'keep',
          examples: ['close'],
        },
        'health-check': {
          $ref: '#/$defs/healthCheck',
          default: {},
        },
        rebalance: {
          $ref: '#/$defs/rebalance',
        },
        allow: {
          description:
            'Addresses that may connect over TCP: IP addresses or CIDR blocks. Empty: everybody.',
          type: 'array',
          maxItems: 10000,
          items: {
            type: 'string',
            format: 'cidr',
          },
          default: [],
          examples: [['10.0.0.0/8', '2001:db8::/32']],
        },
        deny: {
          description:
            'Addresses that may not connect over TCP: IP addresses or CIDR blocks. Wins over `allow`.',
          type: 'array',
          maxItems: 10000,
          items: {
            type: 'string',
            format: 'cidr',
          },
          default: [],
          examples: [['10.0.13.7']],
        },
      },
    },
    endpoint: {
      title: 'EndpointEntry',
      description: 'An endpoint: its address, or an object with the address and how it takes part.',
      type: ['string', 'object'],
      format: 'endpoint-address',
      additionalProperties: false,
      required: ['addr'],
      properties: {
        addr: {
          description: 'Where it is: `host:port`, `[v6]:port` or `unix:/path`.',
          type: 'string',
          format: 'endpoint-address',
          examples: ['infra1.example.com:2379'],
        },
        weight: {
          description:
            'Share of the sessions among endpoints of one priority. All with 0 together get a hundredth of the smallest other weight. The addresses of a host name share it.',
          type: 'integer',
          minimum: 0,
          maximum: 65535,
          default: 1,
          examples: [10],
        },
        priority: {
          description: 'Lower is preferred; a higher one serves only while none below is alive.',
          type: 'integer',
          minimum: 0,
          maximum: 65535,
          default: 0,
          examples: [1],
        },
        'max-sessions': {
          description:
            'Largest number of open sessions to this endpoint, over all addresses of its name; further clients go to others. 0: no limit.',
          type: 'integer',
          minimum: 0,
          maximum: 1000000,
          default: 0,
          examples: [1000],
        },
        drain: {
          description:
            'Takes no new sessions and keeps those it has until `drain-timeout`: for maintenance of a member.',
          type: 'boolean',
          default: false,
          examples: [true],
        },
      },
    },
    healthCheck: {
      title: 'HealthCheck',
      description: 'Active checks of each endpoint, beside what its traffic shows.',
      type: 'object',
      additionalProperties: false,
      properties: {
        type: {
          description:
            '`none`: traffic alone decides. `tcp`: a connection opens (etcd logs each such probe as a rejected connection). `tls`: a handshake completes. `etcd`: `/health` on the client URL says healthy, alarms included.',
          type: 'string',
          enum: ['none', 'tcp', 'tls', 'etcd'],
          default: 'none',
          examples: ['etcd'],
        },
        port: {
          description:
            "Checked instead of the endpoint's own port, over http where `tls` is absent: etcd serves `/health` on `--listen-metrics-urls`, too (kubeadm: port 2381). Absent: the endpoint's port.",
          type: 'integer',
          minimum: 1,
          maximum: 65535,
          examples: [2381],
        },
        interval: {
          description: 'Time between two checks of one endpoint, with jitter.',
          type: 'string',
          format: 'go-duration',
          minDuration: '100ms',
          maxDuration: '24h',
          default: '5s',
          examples: ['10s'],
        },
        timeout: {
          description: 'How long one check may take; not longer than `interval`.',
          type: 'string',
          format: 'go-duration',
          minDuration: '10ms',
          maxDuration: '24h',
          default: '2s',
          examples: ['1s'],
        },
        rise: {
          description: 'Successful checks in a row that bring an ejected endpoint back.',
          type: 'integer',
          minimum: 1,
          maximum: 100,
          default: 1,
          examples: [2],
        },
        fall: {
          description: 'Failed checks in a row that eject an endpoint.',
          type: 'integer',
          minimum: 1,
          maximum: 100,
          default: 2,
          examples: [3],
        },
        tls: {
          $ref: '#/$defs/tls',
        },
      },
    },
    memberDiscovery: {
      title: 'MemberDiscovery',
      description:
        'Asks the cluster itself for its members and uses their client URLs; `endpoints` or `discovery-srv` are the seeds. Learners and members that have not started are left out. Absent: off.',
      type: 'object',
      additionalProperties: false,
      properties: {
        interval: {
          description:
            'Longest time between two looks at the member list; up to a random half is taken off, so that many gateways do not look at once.',
          type: 'string',
          format: 'go-duration',
          minDuration: '1s',
          maxDuration: '24h',
          default: '30s',
          examples: ['10s'],
        },
        tls: {
          $ref: '#/$defs/tls',
        },
        username: {
          description:
            "User of etcd that may list members, where etcd's authentication is on. Needs `password-file`. Absent: asks as nobody.",
          type: 'string',
          minLength: 1,
          maxLength: 256,
          examples: ['gateway'],
        },
        'password-file': {
          description:
            "File with that user's password; read when it is used. Needs `username`. Absent: asks as nobody.",
          type: 'string',
          format: 'file-path',
          examples: ['/etc/etcd-gateway/etcd.password'],
        },
      },
    },
    rebalance: {
      title: 'Rebalance',
      description:
        'Evens out long-lived sessions after an endpoint has returned: quiet sessions on the fuller endpoints are closed, paced, and their clients reconnect elsewhere. Absent: off.',
      type: 'object',
      additionalProperties: false,
      properties: {
        tolerance: {
          description:
            'How far session counts may differ from an even share before anything is closed.',
          type: 'string',
          format: 'percentage',
          default: '20%',
          examples: ['10%'],
        },
        'quiet-for': {
          description: 'Only sessions without a byte in either direction for this long are closed.',
          type: 'string',
          format: 'go-duration',
          minDuration: '100ms',
          default: '5s',
          examples: ['30s'],
        },
        'max-per-second': {
          description: 'Most sessions closed in a second.',
          type: 'number',
          exclusiveMinimum: 0,
          maximum: 10000,
          default: 1,
          examples: [0.5],
        },
      },
    },
    tls: {
      title: 'TlsFiles',
      description:
        "TLS towards the endpoints for the gateway's own requests. Sessions are passed through untouched. Files are read when they are used, so renewed ones need no reload. Absent: plaintext.",
      type: 'object',
      additionalProperties: false,
      properties: {
        'ca-file': {
          description:
            "PEM file of the authorities that servers are verified against. Absent: the system's.",
          type: 'string',
          format: 'file-path',
          examples: ['/etc/ssl/etcd/ca.pem'],
        },
        'cert-file': {
          description:
            'PEM file of the client certificate to show. Needs `key-file`. Absent: none is shown.',
          type: 'string',
          format: 'file-path',
          examples: ['/etc/ssl/etcd/client.pem'],
        },
        'key-file': {
          description:
            "PEM file of the client certificate's private key. Needs `cert-file`. Absent: none is shown.",
          type: 'string',
          format: 'file-path',
          examples: ['/etc/ssl/etcd/client-key.pem'],
        },
        'server-name': {
          description:
            "Name that the servers' certificates must bear. Absent: the host of each endpoint.",
          type: 'string',
          format: 'host-name',
          examples: ['etcd.example.com'],
        },
      },
    },
  },
};
