import type { CommandName } from './arguments.js';

/** What help, the man page and the shells' completions say, once for all of them. */
export interface CommandHelp {
  /** Command lines; the first words are those that are typed. */
  readonly usage: readonly string[];
  /** Lines of the overview: how it is called, and what it is for. */
  readonly overview: readonly (readonly [call: string, what: string])[];
  readonly about: readonly string[];
  readonly flags: readonly FlagGroup[];
  /** What it takes beside flags, for completion. */
  readonly operand?: 'file' | 'command';
  readonly notes: readonly string[];
}

export interface FlagGroup {
  /** Empty: none. */
  readonly title: string;
  readonly flags: readonly FlagHelp[];
}

export interface FlagHelp {
  /** With its dashes. */
  readonly name: string;
  /** Placeholder of its value; absent: it has none. `FILE` is completed with files. */
  readonly value?: string;
  readonly what: string;
}

export const program = {
  name: 'etcd-gateway',
  what: 'a transparent TCP gateway for etcd clusters',
  about: [
    'etcd-gateway: a transparent TCP gateway for etcd clusters, reloaded without dropping a connection.',
  ],
  flags: ['--version', '--help'],
  notes: [
    "The configuration is /etc/etcd-gateway.yaml unless --config or etcd's flags say otherwise. It is read again when it changes, and on SIGHUP.",
    'exit codes: 0 success, 1 failure, 2 wrong usage, 78 bad configuration',
  ],
} as const;

const admin: FlagHelp = {
  name: '--admin',
  value: 'ADDR',
  what: "the gateway's admin address: HOST:PORT or unix:/PATH ($ETCD_GATEWAY_ADMIN)",
};

const config: FlagHelp = {
  name: '--config',
  value: 'FILE',
  what: 'a configuration that names it',
};

function tokenFile(when: string): FlagHelp {
  return { name: '--token-file', value: 'FILE', what: `the gateway's admin.token-file; ${when}` };
}

/** A paragraph that begins with two spaces is printed as it is. */
export const commands: Readonly<Record<CommandName, CommandHelp>> = {
  start: {
    usage: ['etcd-gateway start [--config FILE | etcd flags]'],
    overview: [
      ['start [--config FILE]', 'run the gateway in the foreground'],
      ['start [etcd flags]', 'the same, set up by the flags of "etcd gateway start"'],
    ],
    about: [
      "Runs the gateway in the foreground. With neither a file nor flags it uses /etc/etcd-gateway.yaml if that exists, else the flags' defaults.",
    ],
    flags: [
      {
        title: '',
        flags: [{ name: '--config', value: 'FILE', what: 'configuration, followed while running' }],
      },
      {
        title: 'or, as in "etcd gateway start":',
        flags: [
          {
            name: '--endpoints',
            value: 'HOST:PORT,...',
            what: 'etcd members; repeatable (127.0.0.1:2379)',
          },
          {
            name: '--listen-addr',
            value: 'HOST:PORT',
            what: 'where clients connect (127.0.0.1:23790)',
          },
          {
            name: '--retry-delay',
            value: 'DURATION',
            what: 'longest wait before a failed endpoint is tried again (1m0s)',
          },
          {
            name: '--discovery-srv',
            value: 'DOMAIN',
            what: 'find the endpoints by DNS SRV records',
          },
          {
            name: '--discovery-srv-name',
            value: 'NAME',
            what: 'inserted into the SRV service name',
          },
          { name: '--insecure-discovery', what: 'take unverified and plaintext servers, too' },
          {
            name: '--trusted-ca-file',
            value: 'FILE',
            what: 'verify discovered servers against this PEM file',
          },
        ],
      },
    ],
    notes: [
      'signals: HUP reads the file again; TERM, INT and QUIT let sessions finish, then exit; a second one exits at once',
    ],
  },
  check: {
    usage: [
      'etcd-gateway check [FILE] [--strict]',
      'etcd-gateway check [FILE] [--strict] --against [--admin ADDR] [--token-file FILE]',
    ],
    overview: [['check [FILE] [--against]', 'validate a file, print what it would run or change']],
    about: [
      'Validates a configuration exactly as start would, without listening or connecting, and prints what it would run and every key that is set. FILE is /etc/etcd-gateway.yaml by default; - reads standard input.',
      'Each mistake is printed to standard error on one line:',
      '  FILE:LINE:COL: PATH: what is wrong (what to write instead)',
      'Certificates, keys and other files that the configuration names are read, too. One that cannot be used is a warning.',
    ],
    flags: [
      {
        title: '',
        flags: [
          { name: '--strict', what: 'a file that cannot be used is a mistake, not a warning' },
          {
            name: '--against',
            what: 'also print what FILE would change in the running gateway, and what is drained by hand',
          },
          admin,
          config,
          {
            name: '--token-file',
            value: 'FILE',
            what: "the gateway's admin.token-file, where one is set",
          },
        ],
      },
    ],
    operand: 'file',
    notes: [
      'exit codes: 0 valid, 78 invalid or unreadable, 1 valid but --against reached no gateway',
    ],
  },
  reload: {
    usage: ['etcd-gateway reload [--dry-run] [--admin ADDR] [--token-file FILE]'],
    overview: [['reload', 'have a running gateway read its file again']],
    about: [
      'Asks a running gateway to read its configuration again, waits for the verdict and prints the plan or the reason.',
    ],
    flags: [
      {
        title: '',
        flags: [
          { name: '--dry-run', what: 'only print what would change' },
          admin,
          config,
          tokenFile('over TCP a reload needs it, over a unix socket it does not'),
        ],
      },
    ],
    notes: ['exit codes: 0 applied, unchanged or dry run, 1 rejected or unreachable'],
  },
  status: {
    usage: ['etcd-gateway status [GATEWAY] [--admin ADDR] [--token-file FILE] [--json] [--watch]'],
    overview: [['status [GATEWAY]', "show a running gateway's endpoints"]],
    about: [
      "Shows a running gateway's endpoints: state, why, sessions (3/5: 3 of at most 5), bytes, last error. GATEWAY shows that gateway alone.",
    ],
    flags: [
      {
        title: '',
        flags: [
          admin,
          config,
          tokenFile('an address that other machines reach needs it'),
          { name: '--json', what: 'print the state as JSON' },
          {
            name: '--watch',
            what: 'refresh until interrupted: rates instead of totals, unhealthy endpoints first',
          },
        ],
      },
    ],
    notes: ['exit codes: 0 ready, 1 not ready, unreachable, or without such a gateway'],
  },
  sessions: {
    usage: [
      'etcd-gateway sessions [GATEWAY[/ENDPOINT]] [--admin ADDR] [--token-file FILE] [--json]',
      'etcd-gateway sessions close [ID...] [--endpoint GATEWAY[/ENDPOINT]] [--older-than DURATION]',
    ],
    overview: [
      ['sessions [GATEWAY]', 'show who is connected to what'],
      ['sessions close ID...', 'close some of them'],
    ],
    about: [
      'Shows the sessions of a running gateway, the oldest first: client, endpoint, state, age, idle time, bytes.',
      'sessions close ends those that fit everything that is given, some at a time. Their clients come back as to any connection that was lost.',
    ],
    flags: [
      {
        title: '',
        flags: [
          admin,
          config,
          tokenFile('over TCP close needs it, over a unix socket it does not'),
          { name: '--json', what: 'print them as JSON' },
        ],
      },
      {
        title: 'which (all that is given; close needs one of them):',
        flags: [
          {
            name: '--endpoint',
            value: 'GATEWAY[/ENDPOINT]',
            what: 'those of a gateway, or of one endpoint of it',
          },
          { name: '--older-than', value: 'DURATION', what: 'those that are open for longer' },
        ],
      },
    ],
    notes: ['exit codes: 0 success, 1 refused or unreachable'],
  },
  drain: {
    usage: [
      'etcd-gateway drain GATEWAY/ENDPOINT [--wait] [--timeout DURATION] [--admin ADDR] [--token-file FILE]',
    ],
    overview: [['drain GATEWAY/ENDPOINT', 'give an endpoint no new sessions']],
    about: [
      'Has a running gateway give an endpoint no new sessions, as drain: true in the file would; those it has go on. It lasts until undrain or a restart, also over reloads.',
    ],
    flags: [
      {
        title: '',
        flags: [
          { name: '--wait', what: 'end when its last session has left' },
          { name: '--timeout', value: 'DURATION', what: '--wait, but no longer than this' },
          admin,
          config,
          tokenFile('over TCP a drain needs it, over a unix socket it does not'),
        ],
      },
    ],
    notes: ['exit codes: 0 it drains (--wait: and has no session left), 1 it does not'],
  },
  undrain: {
    usage: ['etcd-gateway undrain GATEWAY/ENDPOINT [--admin ADDR] [--token-file FILE]'],
    overview: [['undrain GATEWAY/ENDPOINT', 'take a drain back']],
    about: ['Takes a drain back: the endpoint gets new sessions again.'],
    flags: [
      {
        title: '',
        flags: [admin, config, tokenFile('over TCP it needs it, over a unix socket it does not')],
      },
    ],
    notes: ['exit codes: 0 it takes sessions, 1 it does not'],
  },
  events: {
    usage: ['etcd-gateway events [--follow] [--json] [--admin ADDR] [--token-file FILE]'],
    overview: [['events', 'show what happened: reloads, ejections, returns']],
    about: [
      'Shows what a running gateway has kept of what happened: reloads, ejections, returns, failing discoveries, warnings. The latest is the last.',
    ],
    flags: [
      {
        title: '',
        flags: [
          { name: '--follow', what: 'go on with what comes, until interrupted' },
          { name: '--json', what: 'print each event as a line of JSON' },
          admin,
          config,
          tokenFile('an address that other machines reach needs it'),
        ],
      },
    ],
    notes: ['exit codes: 0 success, 1 unreachable'],
  },
  schema: {
    usage: ['etcd-gateway schema'],
    overview: [['schema', 'print the JSON Schema of the configuration']],
    about: [
      'Prints the JSON Schema of the configuration, for editors and templates. A file that begins with',
      '  # yaml-language-server: $schema=FILE',
      'is completed and checked while it is written.',
    ],
    flags: [],
    notes: [],
  },
  version: {
    usage: ['etcd-gateway version'],
    overview: [['version', 'print the version; also --version, -v']],
    about: ['Prints the version of the program.'],
    flags: [],
    notes: [],
  },
  help: {
    usage: ['etcd-gateway help [COMMAND]'],
    overview: [['help COMMAND', 'say more about a command; also --help']],
    about: ['Says more about a command.'],
    flags: [],
    operand: 'command',
    notes: [],
  },
};
