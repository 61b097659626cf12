#define _GNU_SOURCE
#include "engine.h"

#include <arpa/inet.h>
#include <errno.h>
/* Before linux/errqueue.h, which holds a timespec: the other headers of musl only name it. */
#include <time.h>

#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/net_tstamp.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echo.h"

#define SECOND INT64_C(1000000000)
#define MILLISECOND INT64_C(1000000)

#define MOST_STREAMS 1024
#ifndef RING_ROWS
/** Three seconds of 10,000 probes/s with their answers. A power of two. */
#define RING_ROWS (1u << 16)
#endif
/** Messages that are read at once, and how much of each: headers with all options, and what of ours is quoted. */
#define BATCH 64
#define MESSAGE_OCTETS 192
#define CONTROL_OCTETS 256
/** The error queue is read after each send, so that few are there. */
#define ERROR_BATCH 8
/** Rows that a send may make: its own, one before it, and twice the error queue. */
#define ROOM_TO_SEND (2 * ERROR_BATCH + 2)
/** Where the kernel stamps what comes there is no hurry to read it. */
#define READ_EVERY MILLISECOND
/** Where it does not, what is read late is stamped late. */
#define READ_EVERY_UNSTAMPED (MILLISECOND / 2)
/** The longest sleep: rows are to be there when the event loop asks, and nobody waits longer for the thread to end. */
#define LONGEST_SLEEP (20 * MILLISECOND)
#define RECEIVE_BUFFER (4 << 20)
#define HOP_LIMIT 64
/** Linux's ICMP_FILTER, a word of blocked types; <linux/icmp.h> cannot be had beside <netinet/ip_icmp.h>. */
#define ICMP_FILTER 1
/** A packet is stamped before it is in the socket, on a busy host by so much. */
#define STAMP_LEAD (5 * MILLISECOND)
/** sk_meminfo (SO_MEMINFO, Linux 4.12). */
#define MEMINFO_WORDS 9
#define MEMINFO_DROPS 8

struct endpoint {
  int fd;
  int family;
  bool raw, stamps_received, stamps_sent;
  /** All that came before this has been read. */
  int64_t emptied;
};

struct stream {
  struct endpoint *endpoint;
  struct sockaddr_storage target;
  socklen_t target_length;
  uint16_t id;
  int64_t due, every;
  uint64_t next;
  /** Nothing is sent from then on; INT64_MAX: it goes on. */
  int64_t stopped_at;
  size_t length;
  uint8_t packet[];
};

/** What has to be added to CLOCK_MONOTONIC to have CLOCK_REALTIME, and by how much that may be off. */
struct clock_distance {
  int64_t ns, uncertainty;
};

struct inbox {
  struct mmsghdr messages[BATCH];
  struct iovec parts[BATCH];
  struct sockaddr_storage sources[BATCH];
  uint8_t octets[BATCH][MESSAGE_OCTETS];
  // Aligned as cmsg(3) wants it.
  union {
    struct cmsghdr aligned;
    uint8_t octets[CONTROL_OCTETS];
  } controls[BATCH];
};

struct engine {
  pthread_t thread;
  /** Held for each pass over streams and sockets; who waits for it lends its priority to who has it. */
  pthread_mutex_t lock;
  bool closing;
  uint16_t first_id;
  uint32_t token;
  struct stream *streams[MOST_STREAMS];
  int stream_count;
  /** The raw sockets that streams share. */
  struct endpoint raw4, raw6;
  /** Now, and when all sockets were empty last. */
  struct clock_distance distance, distance_before;
  struct engine_state state;
  int64_t read_at;
  struct inbox inbox;
  /** One writes (who has the lock), one reads (the event loop). */
  row *ring;
  _Atomic uint32_t written, taken;
  _Atomic int64_t horizon;
};

static int64_t now_of(clockid_t clock) {
  struct timespec at;
  clock_gettime(clock, &at);
  return at.tv_sec * SECOND + at.tv_nsec;
}

static int64_t monotonic(void) { return now_of(CLOCK_MONOTONIC); }

/* Rows */

static uint32_t room_of(struct engine *e) {
  uint32_t taken = atomic_load_explicit(&e->taken, memory_order_acquire);
  return RING_ROWS - (atomic_load_explicit(&e->written, memory_order_relaxed) - taken);
}

/** There is room: it was asked for before the packet was read or sent. */
static double *new_row(struct engine *e, enum row_kind kind, int stream, uint64_t seq) {
  uint32_t written = atomic_load_explicit(&e->written, memory_order_relaxed);
  double *cells = e->ring[written % RING_ROWS];
  memset(cells, 0, sizeof(row));
  cells[0] = kind;
  cells[1] = stream;
  cells[2] = (double)seq;
  return cells;
}

static void tell(struct engine *e) {
  uint32_t written = atomic_load_explicit(&e->written, memory_order_relaxed);
  atomic_store_explicit(&e->written, written + 1, memory_order_release);
}

size_t engine_drain(struct engine *e, row *rows, size_t room) {
  uint32_t taken = atomic_load_explicit(&e->taken, memory_order_relaxed);
  uint32_t count = atomic_load_explicit(&e->written, memory_order_acquire) - taken;
  if (count > room) count = (uint32_t)room;
  for (uint32_t i = 0; i < count; i++) memcpy(rows[i], e->ring[(taken + i) % RING_ROWS], sizeof(row));
  atomic_store_explicit(&e->taken, taken + count, memory_order_release);
  return count;
}

int64_t engine_horizon(struct engine *e) { return atomic_load_explicit(&e->horizon, memory_order_acquire); }

/* Stamps */

static int64_t size_of(int64_t value) { return value < 0 ? -value : value; }

/**
 * The wall clock is read between two readings of the other; the closest of a few tries. Both run at one rate, so that
 * their distance is the same, and known ever better, until the wall clock is set.
 */
static void read_clocks(struct engine *e) {
  struct clock_distance best = {0, INT64_MAX};
  for (int i = 0; i < 5 && best.uncertainty > 100; i++) {
    int64_t before = monotonic();
    int64_t wall = now_of(CLOCK_REALTIME);
    int64_t after = monotonic();
    int64_t half = (after - before) / 2;
    if (half < best.uncertainty) best = (struct clock_distance){wall - before - half, half + 1};
  }
  bool same = size_of(best.ns - e->distance.ns) <= best.uncertainty + e->distance.uncertainty;
  if (!same || best.uncertainty < e->distance.uncertainty) e->distance = best;
  e->state.clock_ns = e->distance.uncertainty;
}

static bool clock_stepped(const struct engine *e) {
  int64_t change = size_of(e->distance.ns - e->distance_before.ns);
  return change > e->distance.uncertainty + e->distance_before.uncertainty;
}

/**
 * A stamp of the kernel on our clock. Where the wall clock was set meanwhile, it was set before or after the stamp: the
 * packet came after the socket was empty and before now, and if that fits both, or none, it is not known.
 * @returns 0: not known
 */
static int64_t stamped_at(struct engine *e, int64_t stamp, int64_t from, int64_t now) {
  if (stamp == 0) return 0;
  int64_t at = stamp - e->distance.ns;
  if (clock_stepped(e)) {
    int64_t other = stamp - e->distance_before.ns;
    bool fits = at >= from - STAMP_LEAD && at <= now;
    bool other_fits = other >= from - STAMP_LEAD && other <= now;
    if (fits == other_fits) return 0;
    if (other_fits) at = other;
  }
  return at < now ? at : now;
}

/** What the kernel says of a message beside its octets. */
struct told {
  /** By the wall clock; 0: none. */
  int64_t stamp;
  int hop_limit;
  const struct sock_extended_err *error;
};

static struct told told_of(struct msghdr *message) {
  struct told told = {0, -1, NULL};
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    const void *data = CMSG_DATA(c);
    size_t length = c->cmsg_len - CMSG_LEN(0);
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING) {
      struct scm_timestamping stamps;
      if (length < sizeof stamps) continue;
      memcpy(&stamps, data, sizeof stamps);
      told.stamp = stamps.ts[0].tv_sec * SECOND + stamps.ts[0].tv_nsec;
    } else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
               (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
      if (length >= sizeof told.hop_limit) memcpy(&told.hop_limit, data, sizeof told.hop_limit);
    } else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
               (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
      // The address of who says so is behind it.
      if (length >= sizeof *told.error + sizeof(struct sockaddr_in)) told.error = data;
    }
  }
  return told;
}

/* Receiving */

static int receive(struct engine *e, const struct endpoint *from, int count, int flags) {
  struct inbox *in = &e->inbox;
  for (int i = 0; i < count; i++) {
    in->parts[i] = (struct iovec){in->octets[i], MESSAGE_OCTETS};
    in->messages[i].msg_hdr = (struct msghdr){
        .msg_name = &in->sources[i],
        .msg_namelen = sizeof in->sources[i],
        .msg_iov = &in->parts[i],
        .msg_iovlen = 1,
        .msg_control = &in->controls[i],
        .msg_controllen = sizeof in->controls[i],
    };
  }
  return recvmmsg(from->fd, in->messages, (unsigned)count, flags | MSG_DONTWAIT, NULL);
}

static void put_address(double *cells, const struct sockaddr *from) {
  uint8_t octets[16] = {0};
  cells[5] = from->sa_family == AF_INET ? 4 : 6;
  if (from->sa_family == AF_INET) memcpy(octets, &((const struct sockaddr_in *)from)->sin_addr, 4);
  else if (from->sa_family == AF_INET6) memcpy(octets, &((const struct sockaddr_in6 *)from)->sin6_addr, 16);
  memcpy(cells + 6, octets, sizeof octets);
}

static int find_stream(const struct engine *e, const struct endpoint *at, const struct arrival *arrival) {
  // A ping socket is one stream's, and its identifier is the kernel's.
  if (!at->raw) {
    for (int i = 0; i < e->stream_count; i++)
      if (e->streams[i] != NULL && e->streams[i]->endpoint == at) return i;
    return -1;
  }
  int i = arrival->id - e->first_id;
  return i >= 0 && i < e->stream_count && e->streams[i] != NULL && e->streams[i]->endpoint == at ? i : -1;
}

/** Tells of what arrived, if it is ours. */
static void take(struct engine *e, struct endpoint *at, const struct arrival *arrival, struct told told,
                 const struct sockaddr *from) {
  if (arrival->kind == ARRIVAL_NONE || (arrival->has_token && arrival->token != e->token)) return;
  int number = find_stream(e, at, arrival);
  if (number < 0) return;
  const struct stream *stream = e->streams[number];
  int64_t now = monotonic();
  int64_t stamped = stamped_at(e, told.stamp, at->emptied, now);
  if (stamped == 0) e->state.unstamped++;
  double when = (double)(stamped == 0 ? now : stamped);
  if (arrival->kind == ARRIVAL_REPLY) {
    if (arrival->seq >= stream->next) return;
    double *cells = new_row(e, ROW_REPLY, number, arrival->seq);
    cells[3] = when;
    cells[4] = told.hop_limit;
    cells[5] = stamped != 0;
    tell(e);
    return;
  }
  // The newest probe that has these 16 bits.
  uint64_t behind = (stream->next - 1 - arrival->seq16) & 0xffff;
  if (stream->next == 0 || behind >= stream->next) return;
  double *cells = new_row(e, ROW_ERROR, number, stream->next - 1 - behind);
  cells[3] = when;
  cells[4] = arrival->type * 256 + arrival->code;
  put_address(cells, from);
  tell(e);
}

/** @returns whether the socket was emptied */
static bool read_socket(struct engine *e, struct endpoint *at) {
  if (room_of(e) < BATCH) return false;
  int64_t began = monotonic();
  int count = receive(e, at, BATCH, 0);
  int errno_of_read = errno;
  read_clocks(e);
  for (int i = 0; i < count; i++) {
    struct arrival arrival = echo_read(e->inbox.octets[i], e->inbox.messages[i].msg_len, at->family,
                                       at->raw && at->family == AF_INET);
    take(e, at, &arrival, told_of(&e->inbox.messages[i].msg_hdr), (struct sockaddr *)&e->inbox.sources[i]);
  }
  // An error of an earlier probe is told in place of what is there.
  if (count == BATCH || (count < 0 && errno_of_read != EAGAIN)) return false;
  at->emptied = began;
  return true;
}

/** The error queue has the stamps of what was sent and, of a ping socket, ICMP errors. @returns how many are in the inbox */
static int fetch_errors(struct engine *e, const struct endpoint *at) {
  if (room_of(e) < ERROR_BATCH) return 0;
  int count = receive(e, at, ERROR_BATCH, MSG_ERRQUEUE);
  return count < 0 ? 0 : count;
}

/** One of the messages that were fetched. @returns false: it is none of ours */
static bool error_of(struct engine *e, int i, struct told *told, struct sock_extended_err *error) {
  *told = told_of(&e->inbox.messages[i].msg_hdr);
  if (told->error == NULL) return false;
  memcpy(error, told->error, sizeof *error);
  return true;
}

/** @returns the stamp that lies within a send call: that of this call; 0: there is none */
static int64_t sent_stamp(struct engine *e, int count, int64_t before, int64_t after) {
  struct told told;
  struct sock_extended_err error;
  for (int i = 0; i < count; i++) {
    if (!error_of(e, i, &told, &error) || error.ee_origin != SO_EE_ORIGIN_TIMESTAMPING) continue;
    int64_t stamp = told.stamp - e->distance.ns;
    if (stamp >= before && stamp <= after) return stamp;
  }
  return 0;
}

static void take_errors(struct engine *e, struct endpoint *at, int count) {
  struct told told;
  struct sock_extended_err error;
  for (int i = 0; i < count; i++) {
    if (!error_of(e, i, &told, &error)) continue;
    if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6) continue;
    struct arrival arrival = echo_quoted(e->inbox.octets[i], e->inbox.messages[i].msg_len, at->family,
                                         error.ee_type, error.ee_code);
    take(e, at, &arrival, told, SO_EE_OFFENDER(told.error));
  }
}

/* Sending */

static ssize_t put(const struct stream *stream, int hop_limit) {
  struct iovec part = {(void *)stream->packet, stream->length};
  union {
    struct cmsghdr aligned;
    uint8_t octets[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr message = {
      .msg_name = (void *)&stream->target,
      .msg_namelen = stream->target_length,
      .msg_iov = &part,
      .msg_iovlen = 1,
  };
  if (hop_limit != HOP_LIMIT) {
    bool is4 = stream->endpoint->family == AF_INET;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = is4 ? IPPROTO_IP : IPPROTO_IPV6;
    c->cmsg_type = is4 ? IP_TTL : IPV6_HOPLIMIT;
    c->cmsg_len = CMSG_LEN(sizeof hop_limit);
    memcpy(CMSG_DATA(c), &hop_limit, sizeof hop_limit);
  }
  return sendmsg(stream->endpoint->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void send_one(struct engine *e, int number, int64_t due, int hop_limit) {
  struct stream *stream = e->streams[number];
  struct endpoint *at = stream->endpoint;
  uint64_t seq = stream->next++;
  echo_write(stream->packet, stream->length, at->family, stream->id, e->token, seq);
  int64_t before = monotonic();
  int failed = put(stream, hop_limit) < 0 ? errno : 0;
  if (failed != 0 && !at->raw) {
    // The kernel tells of an earlier probe's ICMP error in place of sending this one; what comes again is its own.
    take_errors(e, at, fetch_errors(e, at));
    before = monotonic();
    failed = put(stream, hop_limit) < 0 ? errno : 0;
  }
  int64_t after = monotonic();
  int count = at->stamps_sent || !at->raw ? fetch_errors(e, at) : 0;
  double *cells = new_row(e, ROW_SENT, number, seq);
  cells[3] = (double)due;
  cells[4] = (double)before;
  cells[5] = (double)after;
  cells[6] = failed;
  cells[7] = (double)sent_stamp(e, count, before, after);
  tell(e);
  // Its own error may be there already, and has its row behind.
  take_errors(e, at, count);
}

/** Every slot that is due is sent, or missed where it is too late for that. */
static void take_slots(struct engine *e, int number) {
  struct stream *stream = e->streams[number];
  if (stream->every == 0) return;
  bool stopped = stream->stopped_at != INT64_MAX;
  double *missed = NULL;
  int64_t now = stopped ? stream->stopped_at : monotonic();
  // Without room slots wait until they are missed, and that is one row for all of them.
  while (stream->due <= now && room_of(e) >= ROOM_TO_SEND) {
    int64_t due = stream->due;
    bool in_time = now - due <= stream->every / 2;
    if (in_time && stopped) break;
    stream->due += stream->every;
    if (in_time) {
      if (missed != NULL) tell(e);
      missed = NULL;
      send_one(e, number, due, HOP_LIMIT);
      now = monotonic();
      continue;
    }
    if (missed == NULL) {
      missed = new_row(e, ROW_MISSED, number, stream->next);
      missed[3] = (double)due;
      missed[5] = (double)stream->every;
    }
    missed[4]++;
    stream->next++;
  }
  if (missed != NULL) tell(e);
}

/* The thread */

/** Every endpoint once. @returns whether all are empty */
static bool read_all(struct engine *e) {
  read_clocks(e);
  struct clock_distance distance = e->distance;
  int64_t horizon = monotonic();
  bool emptied = true;
  struct endpoint *shared[] = {&e->raw4, &e->raw6};
  for (int i = 0; i < 2 + e->stream_count; i++) {
    struct endpoint *at = i < 2 ? shared[i] : e->streams[i - 2] == NULL ? NULL : e->streams[i - 2]->endpoint;
    if (at == NULL || at->fd < 0 || (i >= 2 && at->raw)) continue;
    if (!at->raw) take_errors(e, at, fetch_errors(e, at));
    if (!read_socket(e, at)) emptied = false;
  }
  if (emptied) {
    e->distance_before = distance;
    atomic_store_explicit(&e->horizon, horizon, memory_order_release);
  }
  e->read_at = horizon;
  return emptied;
}

static bool stamps_all(const struct engine *e) {
  for (int i = 0; i < e->stream_count; i++)
    if (e->streams[i] != NULL && !e->streams[i]->endpoint->stamps_received) return false;
  return true;
}

/** @returns when the next pass is due */
static int64_t pass(struct engine *e) {
  int64_t next = INT64_MAX;
  for (int i = 0; i < e->stream_count; i++) {
    struct stream *stream = e->streams[i];
    if (stream == NULL) continue;
    take_slots(e, i);
    bool goes_on = stream->every != 0 && stream->stopped_at == INT64_MAX;
    if (goes_on && stream->due < next) next = stream->due;
  }
  int64_t every = stamps_all(e) ? READ_EVERY : READ_EVERY_UNSTAMPED;
  int64_t now = monotonic();
  bool emptied = true;
  if (now - e->read_at >= every || next - now >= every) emptied = read_all(e);
  int64_t latest = now + (every == READ_EVERY ? LONGEST_SLEEP : every);
  if (next > latest) next = latest;
  if (emptied) return next;
  // More is there; without room for it there is time.
  return room_of(e) >= BATCH ? now : now + MILLISECOND;
}

static void *run(void *given) {
  struct engine *e = given;
  prctl(PR_SET_NAME, "seqgap-icmp");
  // Without real-time priority a sleep may else take 50 µs more (prctl(2)).
  prctl(PR_SET_TIMERSLACK, 1UL);
  for (;;) {
    pthread_mutex_lock(&e->lock);
    int64_t next = e->closing ? 0 : pass(e);
    bool closing = e->closing;
    pthread_mutex_unlock(&e->lock);
    if (closing) return NULL;
    struct timespec at = {next / SECOND, next % SECOND};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
  }
}

/* Sockets */

static bool set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/** Only replies, and errors that quote an echo, come to a raw socket. */
static void filter_types(int fd, int family) {
  if (family == AF_INET) {
    uint32_t blocked = ~(1u << 0 | 1u << 3 | 1u << 11 | 1u << 12);
    setsockopt(fd, SOL_RAW, ICMP_FILTER, &blocked, sizeof blocked);
    return;
  }
  struct icmp6_filter blocked;
  ICMP6_FILTER_SETBLOCKALL(&blocked);
  ICMP6_FILTER_SETPASS(129, &blocked);
  for (int type = 1; type <= 4; type++) ICMP6_FILTER_SETPASS(type, &blocked);
  setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &blocked, sizeof blocked);
}

/**
 * Only what has one of our own identifiers comes in: classic BPF over that of the reply, or of the request that an error
 * quotes. What answers other programs neither fills the buffer nor counts as dropped.
 */
static void filter_identifiers(int fd, int family, uint16_t first, int count) {
  struct sock_filter four[] = {
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 6, 0),
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 8),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x0f),
      BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
      BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 8),
      BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
      BPF_STMT(BPF_MISC | BPF_TAX, 0),
      BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)(first + count), 1, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_filter six[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 129, 0, 2),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
      BPF_STMT(BPF_JMP | BPF_JA, 1),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 52),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)(first + count), 1, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog program = {sizeof four / sizeof *four, four};
  if (family == AF_INET6) program = (struct sock_fprog){sizeof six / sizeof *six, six};
  setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static int open_endpoint(struct endpoint *at, int family, int type) {
  int protocol = family == AF_INET ? IPPROTO_ICMP : (int)IPPROTO_ICMPV6;
  int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (fd < 0) return errno;
  *at = (struct endpoint){.fd = fd, .family = family, .raw = type == SOCK_RAW, .emptied = monotonic()};
  // SO_RCVBUFFORCE wants CAP_NET_ADMIN.
  if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)) set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
  if (at->raw) filter_types(fd, family);
  if (family == AF_INET) {
    set(fd, IPPROTO_IP, IP_TTL, HOP_LIMIT);
    set(fd, IPPROTO_IP, IP_RECVTTL, 1);
    // A raw socket is given the errors themselves.
    if (!at->raw) set(fd, IPPROTO_IP, IP_RECVERR, 1);
  } else {
    set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, HOP_LIMIT);
    set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
    if (!at->raw) set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
  }
  int receive = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE;
  int both = receive | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY;
  at->stamps_sent = set(fd, SOL_SOCKET, SO_TIMESTAMPING, both);
  at->stamps_received = at->stamps_sent || set(fd, SOL_SOCKET, SO_TIMESTAMPING, receive);
  return 0;
}

static int64_t drops_of(const struct endpoint *at) {
  uint32_t words[MEMINFO_WORDS];
  socklen_t length = sizeof words;
  if (getsockopt(at->fd, SOL_SOCKET, SO_MEMINFO, words, &length) != 0) return -1;
  return length < sizeof words ? -1 : (int64_t)words[MEMINFO_DROPS];
}

/** A raw socket, or a ping socket where that is not permitted and this is. @returns errno of the raw one */
static int endpoint_for(struct engine *e, int family, struct endpoint **found) {
  struct endpoint *shared = family == AF_INET ? &e->raw4 : &e->raw6;
  *found = shared;
  if (shared->fd >= 0) return 0;
  int failed = open_endpoint(shared, family, SOCK_RAW);
  if (failed == 0) return 0;
  struct endpoint *own = malloc(sizeof *own);
  if (own == NULL) return ENOMEM;
  if (open_endpoint(own, family, SOCK_DGRAM) != 0) {
    free(own);
    return failed;
  }
  *found = own;
  return 0;
}

static void close_own(struct endpoint *at) {
  if (at->raw) return;
  close(at->fd);
  free(at);
}

/* What others call */

static int add_locked(struct engine *e, const struct stream_options *options, const struct addrinfo *target,
                      struct stream_opened *opened) {
  if (e->stream_count == MOST_STREAMS) return EMFILE;
  size_t length = options->size + ICMP_HEADER;
  if (length < ECHO_LEAST || length > ECHO_MOST) return EMSGSIZE;
  int number = e->stream_count;
  struct stream *stream = calloc(1, sizeof *stream + length);
  if (stream == NULL) return ENOMEM;
  int failed = endpoint_for(e, options->family, &stream->endpoint);
  if (failed != 0) {
    free(stream);
    return failed;
  }
  memcpy(&stream->target, target->ai_addr, target->ai_addrlen);
  stream->target_length = target->ai_addrlen;
  stream->id = (uint16_t)(e->first_id + number);
  stream->due = options->first_ns;
  stream->every = options->every_ns;
  stream->stopped_at = INT64_MAX;
  stream->length = length;
  e->streams[number] = stream;
  e->stream_count++;
  const struct endpoint *at = stream->endpoint;
  if (at->raw) filter_identifiers(at->fd, at->family, e->first_id, e->stream_count);
  *opened = (struct stream_opened){number, at->raw, at->stamps_received, at->stamps_sent};
  return 0;
}

int engine_add(struct engine *e, const struct stream_options *options, struct stream_opened *opened) {
  struct addrinfo hints = {.ai_family = options->family, .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_RAW};
  struct addrinfo *target;
  if (getaddrinfo(options->address, NULL, &hints, &target) != 0) return EINVAL;
  pthread_mutex_lock(&e->lock);
  int failed = add_locked(e, options, target, opened);
  pthread_mutex_unlock(&e->lock);
  freeaddrinfo(target);
  return failed;
}

/** Takes the lock where there is such a stream. */
static struct stream *hold(struct engine *e, int number) {
  pthread_mutex_lock(&e->lock);
  struct stream *stream = number >= 0 && number < e->stream_count ? e->streams[number] : NULL;
  if (stream == NULL) pthread_mutex_unlock(&e->lock);
  return stream;
}

static void release(struct engine *e) { pthread_mutex_unlock(&e->lock); }

void engine_pace(struct engine *e, int number, int64_t every_ns) {
  struct stream *stream = hold(e, number);
  if (stream == NULL) return;
  if (every_ns > 0) stream->every = every_ns;
  release(e);
}

void engine_stop(struct engine *e, int number) {
  struct stream *stream = hold(e, number);
  if (stream == NULL) return;
  if (stream->stopped_at == INT64_MAX) stream->stopped_at = monotonic();
  release(e);
}

void engine_once(struct engine *e, int number, int hop_limit) {
  if (hold(e, number) == NULL) return;
  if (room_of(e) >= ROOM_TO_SEND) send_one(e, number, monotonic(), hop_limit);
  release(e);
}

void engine_forget(struct engine *e, int number) {
  struct stream *stream = hold(e, number);
  if (stream == NULL) return;
  stream->stopped_at = stream->stopped_at == INT64_MAX ? monotonic() : stream->stopped_at;
  take_slots(e, number);
  close_own(stream->endpoint);
  free(stream);
  e->streams[number] = NULL;
  release(e);
}

int64_t engine_drops(struct engine *e, int number) {
  struct stream *stream = hold(e, number);
  if (stream == NULL) return -1;
  int64_t drops = drops_of(stream->endpoint);
  release(e);
  return drops;
}

struct engine_state engine_state(struct engine *e) {
  pthread_mutex_lock(&e->lock);
  struct engine_state state = e->state;
  pthread_mutex_unlock(&e->lock);
  return state;
}

static void free_engine(struct engine *e) {
  for (int i = 0; i < e->stream_count; i++) {
    if (e->streams[i] == NULL) continue;
    close_own(e->streams[i]->endpoint);
    free(e->streams[i]);
  }
  if (e->raw4.fd >= 0) close(e->raw4.fd);
  if (e->raw6.fd >= 0) close(e->raw6.fd);
  pthread_mutex_destroy(&e->lock);
  free(e->ring);
  free(e);
}

struct engine *engine_open(uint16_t id, uint32_t token) {
  struct engine *e = calloc(1, sizeof *e);
  if (e == NULL) return NULL;
  pthread_mutexattr_t inherit;
  pthread_mutexattr_init(&inherit);
  pthread_mutexattr_setprotocol(&inherit, PTHREAD_PRIO_INHERIT);
  pthread_mutex_init(&e->lock, &inherit);
  pthread_mutexattr_destroy(&inherit);
  e->first_id = id;
  e->token = token;
  e->raw4.fd = e->raw6.fd = -1;
  e->ring = calloc(RING_ROWS, sizeof(row));
  read_clocks(e);
  e->distance_before = e->distance;
  atomic_store(&e->horizon, monotonic());
  // Signals are the event loop's.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int failed = e->ring == NULL ? ENOMEM : pthread_create(&e->thread, NULL, run, e);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failed == 0) {
    // Above the event loop, which has the lowest.
    struct sched_param priority = {.sched_priority = 2};
    e->state.priority_errno = pthread_setschedparam(e->thread, SCHED_RR, &priority);
    return e;
  }
  free_engine(e);
  errno = failed;
  return NULL;
}

void engine_close(struct engine *e) {
  pthread_mutex_lock(&e->lock);
  e->closing = true;
  pthread_mutex_unlock(&e->lock);
  pthread_join(e->thread, NULL);
  free_engine(e);
}
