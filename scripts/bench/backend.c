/*
 * What stands behind the proxies, cheap enough not to be what is measured.
 *
 *   backend echo       sends back what it reads
 *   backend name X     the same, but answers a lone `?` with X: tells which endpoint a session reached
 *   backend sink       discards, and acknowledges each MiB of a session with one byte
 *   backend wide       echoes at every address of 127.0.0.0/8: thousands of endpoints in one process
 *
 * Prints `port N` once it listens on 127.0.0.1.
 */
#include "net.h"

enum { CHUNK = 128 * 1024 };

struct session {
  int fd;
  uint64_t received, acknowledged;
};

static char buffer[CHUNK];
static char name;
static int sink;

/* Blocks: the load generator always reads. */
static int send_all(int fd, const char *data, size_t length) {
  return send(fd, data, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static int acknowledge(struct session *s) {
  for (; s->received - s->acknowledged >= MIB; s->acknowledged += MIB) {
    if (!send_all(s->fd, "+", 1)) return 0;
  }
  return 1;
}

/* False once the session is over. */
static int serve(struct session *s) {
  ssize_t got = recv(s->fd, buffer, CHUNK, MSG_DONTWAIT);
  if (got < 0 && would_block()) return 1;
  if (got <= 0) return 0;
  s->received += (uint64_t)got;
  if (name && got == 1 && buffer[0] == '?') return send_all(s->fd, &name, 1);
  return sink ? acknowledge(s) : send_all(s->fd, buffer, (size_t)got);
}

static void accept_one(int epoll, int listener) {
  int fd = accept(listener, NULL, NULL);
  if (fd < 0) return;
  no_delay(fd);
  struct session *s = calloc(1, sizeof *s);
  if (!s) die("calloc");
  s->fd = fd;
  watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, s);
}

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "usage: backend echo | name X | sink | wide\n"), 2;
  tie_to_parent();
  sink = strcmp(argv[1], "sink") == 0;
  name = strcmp(argv[1], "name") == 0 && argc > 2 ? argv[2][0] : 0;
  int wide = strcmp(argv[1], "wide") == 0;
  int listener = wide ? listen_on_loopback_net() : listen_on(0), epoll = epoll_create1(0);
  struct epoll_event events[MAX_EVENTS];
  watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  announce_port(listener);
  for (;;) {
    int n = epoll_wait(epoll, events, MAX_EVENTS, -1);
    for (int i = 0; i < n; i++) {
      struct session *s = events[i].data.ptr;
      if (!s) accept_one(epoll, listener);
      else if (!serve(s)) {
        close(s->fd);
        free(s);
      }
    }
  }
}
