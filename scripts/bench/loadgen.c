/*
 * The load generator: one epoll loop that drives many sessions through a proxy on 127.0.0.1.
 *
 *   loadgen ping-pong PORT SESSIONS SIZE WARMUP-MS RUN-MS   a message there and back, on each session
 *   loadgen churn     PORT SESSIONS SIZE WARMUP-MS RUN-MS   connect, message there and back, close
 *   loadgen bulk      PORT SESSIONS 0    WARMUP-MS RUN-MS   one way, as fast as it is taken
 *   loadgen paced     PORT SESSIONS SIZE WARMUP-MS RUN-MS   a message a millisecond, on each session in turn
 *   loadgen hold      PORT SESSIONS SIZE                    opens sessions and keeps them
 *
 * All but the last say `warm` when the warm-up is over and nothing is under way, wait for a line on
 * stdin, run, let what is under way finish, and print one line of JSON. So the runner can read the
 * proxy's CPU time exactly around the run. Another line ends a run before its time. `hold` says `warm` once every session has had an answer;
 * each further line on stdin makes it ask on every session again and print how many answered.
 * Every answer is compared with what was sent.
 */
#include "session.h"

#include <poll.h>

enum { FINISH_MS = 5000, ASK_ALL_MS = 30000, DIALS_AT_ONCE = 64, PACE_NS = 1000000 };

static int session_count;
static struct session *sessions;

/* --- bulk: whole MiBs, each acknowledged, so that what was counted has arrived ----------------------- */

static void read_acknowledgements(struct session *s) {
  ssize_t got = read(s->fd, in, sizeof in);
  if (got < 0 && would_block()) return;
  if (got <= 0) die("bulk session ended");
  s->acknowledged += (uint64_t)got * MIB;
  operations += (uint64_t)got;
  bytes += (uint64_t)got * MIB;
}

static void write_more(struct session *s) {
  size_t rest_of_mib = MIB - s->total_sent % MIB;
  size_t length = rest_of_mib < LARGEST / 2 ? rest_of_mib : LARGEST / 2;
  ssize_t put = write(s->fd, out[s->pattern], length);
  if (put < 0 && would_block()) return;
  if (put < 0) die("bulk write");
  s->total_sent += (uint64_t)put;
}

static void serve_bulk(struct session *s, uint32_t events) {
  if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) read_acknowledgements(s);
  int mib_done = s->total_sent % MIB == 0;
  if (events & EPOLLOUT && !(stopping && mib_done)) write_more(s);
  if (!stopping || s->total_sent % MIB != 0) return;
  watch(epoll, EPOLL_CTL_MOD, s->fd, EPOLLIN, s);
  if (s->acknowledged == s->total_sent) settle(s);
}

static void resume_bulk(struct session *s) {
  if (s->fd < 0) open_session(s);
  else watch(epoll, EPOLL_CTL_MOD, s->fd, EPOLLIN | EPOLLOUT, s);
  s->busy = 1;
  active++;
}

/* --- the run ---------------------------------------------------------------------------------------- */

static void turn(int timeout_ms) {
  struct epoll_event events[MAX_EVENTS];
  int n = epoll_wait(epoll, events, MAX_EVENTS, timeout_ms);
  for (int i = 0; i < n; i++) {
    struct session *s = events[i].data.ptr;
    if (s->fd < 0) continue;
    if (workload == BULK) serve_bulk(s, events[i].events);
    else serve_message(s, events[i].events);
  }
}

static void start_all(void) {
  for (int i = 0; i < session_count; i++) {
    if (workload == BULK) resume_bulk(&sessions[i]);
    else start_operation(&sessions[i]);
  }
}

/* One that still waits for its answer is passed over: it has the whole delay on its own clock. */
static void start_next_in_time(void) {
  static uint64_t due_ns;
  static int next;
  uint64_t now = now_ns();
  if (now < due_ns) return;
  due_ns = now + PACE_NS;
  if (!sessions[next].busy) start_operation(&sessions[next]);
  next = (next + 1) % session_count;
}

static int line_waits(void) {
  struct pollfd in_wait = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&in_wait, 1, 0) > 0;
}

/* Loads for `duration_ms`, then lets what is under way finish; returns the seconds it all took. */
static double load_for(int duration_ms) {
  uint64_t begin = now_ns(), end = begin + (uint64_t)duration_ms * 1000000u;
  stopping = 0;
  if (workload != PACED) start_all();
  while (now_ns() < end && !line_waits()) {
    if (workload == PACED) start_next_in_time();
    turn(workload == PACED ? 1 : 10);
  }
  stopping = 1;
  uint64_t limit = now_ns() + (uint64_t)FINISH_MS * 1000000u;
  while (active > 0 && now_ns() < limit) turn(10);
  if (active > 0) {
    fprintf(stderr, "loadgen: %d operations did not finish within %d ms\n", active, FINISH_MS);
    exit(1);
  }
  return (double)(now_ns() - begin) / 1e9;
}

static void say(const char *line) {
  puts(line);
  fflush(stdout);
}

static int heard_line(void) {
  char line[64];
  return fgets(line, sizeof line, stdin) != NULL;
}

static void report(double seconds) {
  printf("{\"operations\":%llu,\"bytes\":%llu,\"failures\":%llu,\"seconds\":%.6f,"
         "\"p50Us\":%.3f,\"p90Us\":%.3f,\"p99Us\":%.3f,\"p999Us\":%.3f,\"maxUs\":%.3f}\n",
         (unsigned long long)operations, (unsigned long long)bytes, (unsigned long long)failures,
         seconds, percentile_us(&latency, 0.5), percentile_us(&latency, 0.9), percentile_us(&latency, 0.99), percentile_us(&latency, 0.999),
         (double)latency.longest_ns / 1e3);
  fflush(stdout);
}

static void measure(int warmup_ms, int run_ms) {
  load_for(warmup_ms);
  operations = bytes = failures = 0;
  memset(&latency, 0, sizeof latency);
  say("warm");
  if (!heard_line()) return;
  report(load_for(run_ms));
}

/* Asks on every open session, a few at a time while they are still to be opened. */
static void ask_all(void) {
  uint64_t limit = now_ns() + (uint64_t)ASK_ALL_MS * 1000000u;
  operations = 0;
  for (int i = 0; i < session_count; i++) {
    if (sessions[i].fd < 0 && failures > 0) continue; /* dropped earlier */
    start_operation(&sessions[i]);
    while (active >= DIALS_AT_ONCE && now_ns() < limit) turn(10);
  }
  while (active > 0 && now_ns() < limit) turn(10);
}

static void hold(void) {
  ask_all();
  say(operations == (uint64_t)session_count ? "warm" : "cold");
  struct pollfd waits[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = epoll, .events = POLLIN}};
  while (poll(waits, 2, -1) > 0) {
    if (waits[1].revents) turn(0);
    if (!waits[0].revents) continue;
    if (!heard_line()) return;
    ask_all();
    printf("{\"alive\":%llu}\n", (unsigned long long)operations);
    fflush(stdout);
  }
}

static enum workload workload_named(const char *name) {
  static const char *names[] = {"ping-pong", "churn", "bulk", "paced", "hold"};
  for (unsigned i = 0; i < 5; i++) {
    if (strcmp(name, names[i]) == 0) return (enum workload)i;
  }
  fprintf(stderr, "loadgen: no workload \"%s\"\n", name);
  exit(2);
}

static void prepare_sessions(void) {
  sessions = calloc((size_t)session_count, sizeof *sessions);
  if (!sessions) die("calloc");
  for (int i = 0; i < session_count; i++) {
    sessions[i].fd = -1;
    sessions[i].pattern = (unsigned char)i;
  }
  for (int p = 0; p < 256; p++) {
    for (size_t i = 0; i < LARGEST; i++) out[p][i] = (char)(p + (int)i * 31 + (int)(i >> 8));
  }
}

int main(int argc, char **argv) {
  if (argc < 5) return fprintf(stderr, "usage: loadgen WORKLOAD PORT SESSIONS SIZE [WARMUP-MS RUN-MS]\n"), 2;
  tie_to_parent();
  workload = workload_named(argv[1]);
  port = atoi(argv[2]);
  session_count = atoi(argv[3]);
  message_size = (size_t)atoi(argv[4]);
  if (session_count < 1 || message_size > LARGEST || (workload != HOLD && argc < 7)) return 2;
  setvbuf(stdin, NULL, _IONBF, 0); /* poll and fgets must see the same bytes */
  epoll = epoll_create1(0);
  prepare_sessions();
  if (workload == HOLD) hold();
  else measure(atoi(argv[5]), atoi(argv[6]));
}
