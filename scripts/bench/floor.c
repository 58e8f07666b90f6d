/*
 * The floor: the least a TCP proxy in one process can do. One epoll loop, level-triggered; one read and
 * one write a message; no timeouts, counters or limits. What a real proxy costs above this is its own.
 *
 *   floor LISTEN-PORT ENDPOINT-PORT
 */
#include "net.h"

enum { CHUNK = 64 * 1024 };

struct session;

struct side {
  int fd;
  uint32_t events;
  struct session *session;
  struct side *peer;
  char *pending; /* what the peer has not taken yet; reading rests until it has */
  size_t offset, length;
  int ended;
};

struct session {
  struct side client, upstream;
  int dead;
  struct session *next_dead;
};

static int epoll;
static struct session *dead; /* freed after the batch, which may still name them */
static char buffer[CHUNK];

static void set_events(struct side *s, uint32_t events) {
  if (s->events == events) return;
  s->events = events;
  watch(epoll, EPOLL_CTL_MOD, s->fd, events, s);
}

static void end_session(struct session *x) {
  if (x->dead) return;
  x->dead = 1;
  close(x->client.fd);
  close(x->upstream.fd);
  x->next_dead = dead;
  dead = x;
}

static void bury(void) {
  while (dead) {
    struct session *x = dead;
    dead = x->next_dead;
    free(x->client.pending);
    free(x->upstream.pending);
    free(x);
  }
}

static void keep(struct side *from, const char *data, size_t length) {
  from->pending = malloc(length);
  if (!from->pending) die("malloc");
  memcpy(from->pending, data, length);
  from->offset = 0;
  from->length = length;
  set_events(from, from->events & ~(uint32_t)EPOLLIN);
  set_events(from->peer, from->peer->events | EPOLLOUT);
}

static void finish_direction(struct side *from) {
  from->ended = 1;
  if (from->peer->ended) return end_session(from->session);
  shutdown(from->peer->fd, SHUT_WR);
  set_events(from, from->events & ~(uint32_t)EPOLLIN);
}

static void relay(struct side *from) {
  ssize_t got = read(from->fd, buffer, CHUNK);
  if (got == 0) return finish_direction(from);
  if (got < 0) {
    if (!would_block()) end_session(from->session);
    return;
  }
  ssize_t put = write(from->peer->fd, buffer, (size_t)got);
  if (put < 0 && !would_block()) return end_session(from->session);
  if (put < got) keep(from, buffer + (put < 0 ? 0 : put), (size_t)(got - (put < 0 ? 0 : put)));
}

/* `to` is writable again: hand it what its peer holds. */
static void flush(struct side *to) {
  struct side *from = to->peer;
  if (from->pending) {
    ssize_t put = write(to->fd, from->pending + from->offset, from->length - from->offset);
    if (put < 0 && would_block()) return;
    if (put < 0) return end_session(from->session);
    from->offset += (size_t)put;
    if (from->offset < from->length) return;
    free(from->pending);
    from->pending = NULL;
    set_events(from, from->events | EPOLLIN);
  }
  set_events(to, to->events & ~(uint32_t)EPOLLOUT);
}

static void take_in(struct side *s, struct session *x, struct side *peer, int fd) {
  *s = (struct side){.fd = fd, .events = EPOLLIN, .session = x, .peer = peer};
  watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, s);
}

static void accept_one(int listener, int endpoint) {
  int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK), upstream;
  if (client < 0) return;
  no_delay(client);
  struct session *x = calloc(1, sizeof *x);
  if (!x || (upstream = dial(endpoint)) < 0) {
    free(x);
    close(client);
    return;
  }
  take_in(&x->client, x, &x->upstream, client);
  take_in(&x->upstream, x, &x->client, upstream);
}

static void serve(struct side *s, uint32_t events) {
  if (!s->session->dead && events & EPOLLOUT) flush(s);
  if (!s->session->dead && events & EPOLLIN) relay(s);
  if (!s->session->dead && events & EPOLLERR) end_session(s->session);
}

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "usage: floor LISTEN-PORT ENDPOINT-PORT\n"), 2;
  tie_to_parent();
  int listener = listen_on(atoi(argv[1])), endpoint = atoi(argv[2]);
  struct epoll_event events[MAX_EVENTS];
  epoll = epoll_create1(0);
  watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  for (;;) {
    int n = epoll_wait(epoll, events, MAX_EVENTS, -1);
    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr) serve(events[i].data.ptr, events[i].events);
      else accept_one(listener, endpoint);
    }
    bury();
  }
}
