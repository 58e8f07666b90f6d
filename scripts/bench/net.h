/* What the three tools of the bench share: sockets, time, and giving up. */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 4096, MAX_EVENTS = 256, MIB = 1 << 20 };

static inline void die(const char *what) {
  perror(what);
  exit(1);
}

/* No tool outlives the bench, whatever ends it; a broken session is an error code, not a signal. */
static inline void tie_to_parent(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGPIPE, SIG_IGN);
}

static inline uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline struct sockaddr_in loopback(int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

static inline void no_delay(int fd) {
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static inline int listen_at(struct sockaddr_in a, const char *device) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  if (fd < 0) die("socket");
  if (device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)) != 0) die("SO_BINDTODEVICE");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0) die("bind");
  if (listen(fd, BACKLOG) != 0) die("listen");
  return fd;
}

/* Non-blocking listener on 127.0.0.1; port 0 lets the kernel choose. */
static inline int listen_on(int port) { return listen_at(loopback(port), NULL); }

/* The same on all of 127.0.0.0/8: one listener that has millions of addresses, all of this machine. */
static inline int listen_on_loopback_net(void) {
  struct sockaddr_in any = {.sin_family = AF_INET};
  return listen_at(any, "lo");
}

/* The line that the runner waits for. */
static inline void announce_port(int listener) {
  struct sockaddr_in a;
  socklen_t size = sizeof a;
  if (getsockname(listener, (struct sockaddr *)&a, &size) != 0) die("getsockname");
  printf("port %d\n", ntohs(a.sin_port));
  fflush(stdout);
}

/* Non-blocking dial; -1 with errno if it fails at once. A dial under way is merely not writable yet. */
static inline int dial(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in a = loopback(port);
  if (fd < 0) return -1;
  no_delay(fd);
  if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0 && errno != EINPROGRESS) {
    close(fd);
    return -1;
  }
  return fd;
}

static inline void watch(int epoll, int op, int fd, uint32_t events, void *data) {
  struct epoll_event e = {.events = events, .data.ptr = data};
  if (epoll_ctl(epoll, op, fd, &e) != 0) die("epoll_ctl");
}

static inline int would_block(void) { return errno == EAGAIN || errno == EWOULDBLOCK; }

#endif
