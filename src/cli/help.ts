import type { CommandName } from './arguments.js';

/** The help of a command, or of the program; fits a screen of 80 by 24. */
export function helpText(topic: CommandName | undefined): string {
  return topic === undefined ? overview : topics[topic];
}

const overview = `etcd-gateway: a transparent TCP gateway for etcd clusters, reloaded without
dropping a connection.

usage: etcd-gateway COMMAND [FLAGS]

  start [--config FILE]   run the gateway in the foreground
  start [etcd flags]      the same, set up by the flags of "etcd gateway start"
  check [FILE]            validate a file and print what it would run
  reload                  have a running gateway read its file again
  status                  show a running gateway's endpoints
  schema                  print the JSON Schema of the configuration
  help COMMAND            say more about a command
  --version, --help

The configuration is /etc/etcd-gateway.yaml unless --config or etcd's flags say
otherwise. It is read again when it changes, and on SIGHUP.

exit codes: 0 success, 1 failure, 2 wrong usage, 78 bad configuration`;

const topics: Readonly<Record<CommandName, string>> = {
  start: `usage: etcd-gateway start [--config FILE | etcd flags]

Runs the gateway in the foreground. With neither a file nor flags it uses
/etc/etcd-gateway.yaml if that exists, else the flags' defaults.

  --config FILE                 configuration, followed while running

or, as in "etcd gateway start":
  --endpoints HOST:PORT,...     etcd members; repeatable (127.0.0.1:2379)
  --listen-addr HOST:PORT       where clients connect (127.0.0.1:23790)
  --retry-delay DURATION        longest wait before a failed endpoint is tried
                                again (1m0s)
  --discovery-srv DOMAIN        find the endpoints by DNS SRV records
  --discovery-srv-name NAME     inserted into the SRV service name
  --insecure-discovery          take unverified and plaintext servers, too
  --trusted-ca-file FILE        verify discovered servers against this PEM file

signals: HUP reads the file again; TERM and INT let sessions finish, then exit;
a second one exits at once`,
  check: `usage: etcd-gateway check [FILE]

Validates a configuration exactly as start would, without opening anything, and
prints what it would run. FILE is /etc/etcd-gateway.yaml by default; - reads
standard input.

Each mistake is printed to standard error on one line:
  FILE:LINE:COL: PATH: what is wrong (what to write instead)

exit codes: 0 valid, 78 invalid or unreadable`,
  reload: `usage: etcd-gateway reload [--admin ADDR] [--token-file FILE]

Asks a running gateway to read its configuration again, waits for the verdict
and prints the plan or the reason.

  --admin ADDR       the gateway's admin address: HOST:PORT or unix:/PATH
                     (127.0.0.1:23791)
  --token-file FILE  the gateway's admin.token-file; over TCP a reload needs it,
                     over a unix socket it does not

exit codes: 0 applied or unchanged, 1 rejected or unreachable`,
  status: `usage: etcd-gateway status [--admin ADDR] [--token-file FILE] [--json]
                           [--watch]

Shows a running gateway's endpoints: state, why, sessions, bytes, last error.

  --admin ADDR       the gateway's admin address: HOST:PORT or unix:/PATH
                     (127.0.0.1:23791)
  --token-file FILE  the gateway's admin.token-file; an address that other
                     machines reach needs it
  --json             print the state as JSON
  --watch            refresh until interrupted

exit codes: 0 ready, 1 not ready or unreachable`,
  schema: `usage: etcd-gateway schema

Prints the JSON Schema of the configuration, for editors and templates. A file
that begins with
  # yaml-language-server: $schema=FILE
is completed and checked while it is written.`,
  help: `usage: etcd-gateway help [COMMAND]

Says more about a command.`,
};
