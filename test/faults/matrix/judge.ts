import type { Expectation, Outcome } from './cells.js';
import type { CellLog } from './log-reader.js';
import type { Party } from './party.js';
import type { Trial } from './trial.js';

/** How the session ended, by what the gateway has logged. */
export function outcomeOf({ closed, cell }: Trial, { refused }: CellLog): Outcome {
  const [line] = closed;
  if (line) return line.end as Outcome;
  return refused.length > (cell.expected.newcomer === 'refused' ? 1 : 0) ? 'refused' : 'unseen';
}

/** What is other than expected, as sentences; of a cell that has ended. */
export function judge(trial: Trial, log: CellLog): string[] {
  const { expected } = trial.cell;
  const outcome = outcomeOf(trial, log);
  return [
    ...claim(expected.outcomes.includes(outcome), `it ended as ${outcome}`),
    ...claim(trial.closed.length <= 1, `its end was told ${trial.closed.length} times`),
    ...claim(trial.newcomer === expected.newcomer, `the newcomer was ${trial.newcomer}`),
    ...judgeRefusals(log, expected, outcome),
    ...judgeEjections(log, isEjected(expected, outcome)),
    ...judgeBytes(trial, expected),
    ...judgeCounts(trial),
    ...judgeWellSide(trial, outcome),
  ];
}

/** How many clients must have been refused. */
export function refusals({ newcomer }: Expectation, outcome: Outcome): number {
  return (newcomer === 'refused' ? 1 : 0) + (outcome === 'refused' ? 1 : 0);
}

/** A client is refused only for an endpoint that could not be dialed. */
export function isEjected(expected: Expectation, outcome: Outcome): boolean {
  return outcome === 'refused' || expected.isEjected === true;
}

function judgeRefusals({ refused }: CellLog, expected: Expectation, outcome: Outcome): string[] {
  const isRight = refused.length === refusals(expected, outcome);
  return claim(isRight, `${refused.length} refusals were logged`);
}

function judgeEjections({ ejected }: CellLog, expected: boolean): string[] {
  return claim(ejected.length > 0 === expected, `${ejected.length} ejections were logged`);
}

function judgeBytes({ client, endpoint }: Trial, { toClient, toEndpoint }: Expectation): string[] {
  return [...heard('the client', client, toClient), ...heard('the endpoint', endpoint, toEndpoint)];
}

function heard(who: string, party: Party | undefined, expected: 'whole' | 'part'): string[] {
  const { mistake, received = 0, hasHeardAll = false } = party ?? {};
  return [
    ...claim(mistake === undefined, `${who} got ${mistake}`),
    ...claim(hasHeardAll === (expected === 'whole'), `${who} got ${received} bytes`),
  ];
}

/** What was logged lies between what was sent and what came. */
function judgeCounts({ client, endpoint, closed }: Trial): string[] {
  const [line] = closed;
  if (!line) return [];
  return [
    ...between('bytesSent', Number(line.bytesSent), endpoint?.received, client?.sent),
    ...between('bytesReceived', Number(line.bytesReceived), client?.received, endpoint?.sent),
  ];
}

function between(name: string, logged: number, least = 0, most = 0): string[] {
  const isRight = logged >= least && logged <= most;
  return claim(isRight, `${name} is ${logged}, ${most} were sent and ${least} came`);
}

function judgeWellSide({ cell, client, endpoint }: Trial, outcome: Outcome): string[] {
  const who = cell.side === 'client' ? 'endpoint' : 'client';
  const party = cell.side === 'client' ? endpoint : client;
  const { wellSideSees } = cell.expected;
  if (wellSideSees === 'any') return [];
  const { hasEnded = false, isReset = false } = party ?? {};
  if (wellSideSees === 'reset') return claim(isReset, `the ${who} was not reset`);
  return [
    ...claim(hasEnded, `the ${who} saw no end`),
    // who goes on speaking after an idle session's end is told so by a reset
    ...claim(!isReset || outcome === 'idle', `the ${who} was reset`),
  ];
}

function claim(isTrue: boolean, otherwise: string): string[] {
  return isTrue ? [] : [otherwise];
}
