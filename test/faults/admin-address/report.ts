/** Who answers at the default admin address, step by step, and what the log says. */
export interface Report {
  /** As gateway and admin server do; `nobody`. */
  readonly answers: Readonly<Record<Step, string>>;
  /** Lines about the admin server, with their reasons. */
  readonly told: readonly string[];
  readonly checked: {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
  };
}

export type Step =
  | 'beside a gateway'
  | 'given way to a gateway'
  | 'back from a gateway'
  | 'started on a gateway'
  | 'started beside another process'
  | 'left by that';
