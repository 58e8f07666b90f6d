/** What the process ends with; 78 is EX_CONFIG of sysexits(3). */
export const exitCodes = { ok: 0, failure: 1, usage: 2, badConfig: 78 } as const;
