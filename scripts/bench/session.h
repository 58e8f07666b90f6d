/* One session of the load generator: a message there, the same bytes back, compared. */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include "histogram.h"
#include "net.h"

enum { LARGEST = 256 * 1024, MAX_FAILURES = 1000 };
enum workload { PING_PONG, CHURN, BULK, PACED, HOLD };

struct session {
  int fd;
  unsigned char pattern;
  size_t sent, received;
  uint64_t started_ns, acknowledged, total_sent;
  int busy;
};

static enum workload workload;
static int epoll, port, stopping, active;
static size_t message_size;
static char in[LARGEST], out[256][LARGEST];

static uint64_t operations, bytes, failures;
static struct histogram latency;

/* Whether the next message follows at once on the answer. */
static int goes_on(void) { return workload != HOLD && workload != PACED && !stopping; }

static void start_operation(struct session *s);

static void settle(struct session *s) {
  if (!s->busy) return;
  s->busy = 0;
  active--;
}

static void operation_done(struct session *s) {
  histogram_add(&latency, now_ns() - s->started_ns);
  operations++;
  bytes += message_size;
  settle(s);
}

static void close_session(struct session *s) {
  if (s->fd >= 0) close(s->fd);
  s->fd = -1;
}

static void failed(struct session *s, const char *what) {
  settle(s);
  close_session(s);
  if (++failures > MAX_FAILURES) {
    fprintf(stderr, "loadgen: too many failures, the last one: %s: %s\n", what, strerror(errno));
    exit(1);
  }
  if (goes_on()) start_operation(s);
}

static void send_rest(struct session *s) {
  while (s->sent < message_size) {
    ssize_t put = write(s->fd, out[s->pattern] + s->sent, message_size - s->sent);
    if (put < 0 && would_block()) return;
    if (put < 0) return failed(s, "write");
    s->sent += (size_t)put;
  }
}

static void open_session(struct session *s) {
  s->fd = dial(port);
  if (s->fd < 0) die("dial");
  uint32_t edges = workload == BULK ? EPOLLIN | EPOLLOUT : EPOLLIN | EPOLLOUT | (uint32_t)EPOLLET;
  watch(epoll, EPOLL_CTL_ADD, s->fd, edges, s);
}

static void start_operation(struct session *s) {
  s->sent = s->received = 0;
  s->started_ns = now_ns();
  s->busy = 1;
  active++;
  if (s->fd >= 0) return send_rest(s);
  open_session(s); /* writable wakes send_rest */
}

static void compare(struct session *s, size_t got) {
  if (memcmp(in, out[s->pattern] + s->received, got) == 0) return;
  fprintf(stderr, "loadgen: an answer differs from what was sent\n");
  exit(1);
}

static void read_answer(struct session *s) {
  while (s->busy && s->received < message_size) {
    ssize_t got = read(s->fd, in, message_size - s->received);
    if (got < 0 && would_block()) return;
    if (got <= 0) return failed(s, got == 0 ? "early end" : "read");
    compare(s, (size_t)got);
    s->received += (size_t)got;
  }
  if (!s->busy) return;
  operation_done(s);
  if (workload == CHURN) close_session(s);
  if (goes_on()) start_operation(s);
}

static void serve_message(struct session *s, uint32_t events) {
  if (s->busy && events & EPOLLOUT && s->sent < message_size) send_rest(s);
  if (s->fd < 0 || !(events & (EPOLLIN | EPOLLERR | EPOLLHUP))) return;
  if (s->busy) return read_answer(s);
  ssize_t got = read(s->fd, in, sizeof in); /* nothing was asked: the end of a held session */
  if (got == 0 || (got < 0 && !would_block())) failed(s, "dropped");
}

#endif
