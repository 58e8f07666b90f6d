/** So many small steps take about a millisecond, which nobody who relays notices. */
export const portionSize = 250;

/** Each is two sockets, whose peers hear of it at once: so many take about a millisecond. */
export const closedAtOnce = 25;
/** Until the next portion, where work goes on by a timer. */
export const nextPortionMs = 1;
