export interface Report {
  /** Who answers at an IPv4 and an IPv6 address before and after the machine has them. */
  readonly freebind: {
    readonly before: readonly string[];
    readonly after: readonly string[];
  };
  /** Why a reload without `listen-freebind` was rejected. */
  readonly reason: string;
  /** Who answers at its address after the machine has it. */
  readonly served: string | undefined;
}
