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
#include "link.h"
#include "stamp.h"

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
/** Where the kernel stamps what comes there is no hurry to read it: several at once cost less. */
#define READ_EVERY (5 * MILLISECOND)
/** Where it does not, what is read late is stamped late. */
#define READ_EVERY_UNSTAMPED (MILLISECOND / 2)
/** The longest sleep: rows are to be there when the event loop asks, and nobody waits longer for the thread to end. */
#define LONGEST_SLEEP (20 * MILLISECOND)
#define RECEIVE_BUFFER (4 << 20)
#define HOP_LIMIT 64
#define LINK_KNOWN_FOR (2 * MILLISECOND)
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
  /** Whose it is; -1: a raw socket, which streams share. */
  int owner;
  bool stamps_received, stamps_sent;
  /** All that came before this has been read. */
  int64_t emptied;
};

/** What a STAMP stream has besides. */
struct session {
  uint16_t ssid;
  bool ptp;
  /** Between the two clocks when it began, so that its time stamps run evenly. */
  int64_t distance;
  /** `stamp_token` of the newest probes, by their numbers. */
  uint32_t tokens[STAMP_MEMORY];
};

struct stream {
  struct endpoint *endpoint;
  /** NULL: ICMP echo. */
  struct session *session;
  struct sockaddr_storage target;
  socklen_t target_length;
  uint16_t id;
  int64_t due, every;
  uint64_t next;
  /** Nothing is sent from then on; INT64_MAX: it goes on. */
  int64_t stopped_at;
  /** What was known of its link, and until when that counts. */
  bool link_is_down;
  int64_t link_known_until;
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

/** A message of the inbox, as it was received. */
struct message {
  const uint8_t *octets;
  /** That are there, and that it had. */
  size_t length, whole;
  const struct sockaddr *from;
  struct told told;
};

static struct message message_at(struct engine *e, int i) {
  struct inbox *in = &e->inbox;
  size_t whole = in->messages[i].msg_len;
  return (struct message){
      .octets = in->octets[i],
      .length = whole < MESSAGE_OCTETS ? whole : MESSAGE_OCTETS,
      .whole = whole,
      .from = (struct sockaddr *)&in->sources[i],
      .told = told_of(&in->messages[i].msg_hdr),
  };
}

/** The instant of a message: the kernel's, or now. */
static double came_at(struct engine *e, const struct endpoint *at, const struct message *message, bool *stamped) {
  int64_t now = monotonic();
  int64_t when = stamped_at(e, message->told.stamp, at->emptied, now);
  *stamped = when != 0;
  if (when == 0) e->state.unstamped++;
  return (double)(when == 0 ? now : when);
}

static void tell_reply(struct engine *e, int number, uint64_t seq, const struct message *message,
                       const struct stamp_reply *reply) {
  const struct stream *stream = e->streams[number];
  bool stamped;
  double when = came_at(e, stream->endpoint, message, &stamped);
  double *cells = new_row(e, ROW_REPLY, number, seq);
  cells[3] = when;
  cells[4] = message->told.hop_limit;
  cells[5] = stamped;
  if (reply != NULL) {
    cells[6] = reply->seq;
    cells[7] = (double)(reply->received - stream->session->distance);
    cells[8] = (double)(reply->sent - stream->session->distance);
    cells[9] = reply->hop_limit;
  }
  tell(e);
}

/** Which stream an identifier belongs to; a ping socket is one stream's, and its identifier is the kernel's. */
static int find_stream(const struct engine *e, const struct endpoint *at, uint16_t id) {
  int i = at->owner >= 0 ? at->owner : id - e->first_id;
  return i >= 0 && i < e->stream_count && e->streams[i] != NULL && e->streams[i]->endpoint == at ? i : -1;
}

static void take_echo(struct engine *e, struct endpoint *at, const struct message *message) {
  struct echo_reply reply;
  bool with_header = at->owner < 0 && at->family == AF_INET;
  if (!echo_read(message->octets, message->length, at->family, with_header, &reply)) return;
  int number = find_stream(e, at, reply.id);
  if (number < 0 || reply.token != e->token || reply.seq >= e->streams[number]->next) return;
  tell_reply(e, number, reply.seq, message, NULL);
}

static bool is_target(const struct stream *stream, const struct sockaddr *from) {
  if (from->sa_family != stream->target.ss_family) return false;
  if (from->sa_family == AF_INET) {
    const struct sockaddr_in *one = (const struct sockaddr_in *)from;
    const struct sockaddr_in *other = (const struct sockaddr_in *)&stream->target;
    return one->sin_port == other->sin_port && one->sin_addr.s_addr == other->sin_addr.s_addr;
  }
  const struct sockaddr_in6 *one = (const struct sockaddr_in6 *)from;
  const struct sockaddr_in6 *other = (const struct sockaddr_in6 *)&stream->target;
  return one->sin6_port == other->sin6_port && memcmp(&one->sin6_addr, &other->sin6_addr, sizeof one->sin6_addr) == 0;
}

/** What comes from another address or port is not for it. */
static void take_datagram(struct engine *e, struct endpoint *at, const struct message *message) {
  const struct stream *stream = e->streams[at->owner];
  if (!is_target(stream, message->from)) return;
  struct stamp_reply reply;
  uint64_t seq;
  if (stamp_read(message->octets, message->length, &reply) && stamp_seq(reply.sender_wire, stream->next, &seq) &&
      stream->session->tokens[seq % STAMP_MEMORY] == reply.sender_token) {
    tell_reply(e, at->owner, seq, message, &reply);
    return;
  }
  bool stamped;
  double when = came_at(e, at, message, &stamped);
  double *cells = new_row(e, ROW_STRANGER, at->owner, 0);
  cells[3] = when;
  cells[4] = (double)message->whole;
  tell(e);
}

/* Errors */

/** The error queue has the stamps of what was sent, and ICMP errors. @returns how many are in the inbox */
static int fetch_errors(struct engine *e, const struct endpoint *at) {
  if (room_of(e) < ERROR_BATCH) return 0;
  int count = receive(e, at, ERROR_BATCH, MSG_ERRQUEUE);
  return count < 0 ? 0 : count;
}

/** @returns false: the message says of no error */
static bool error_in(const struct message *message, struct sock_extended_err *error) {
  if (message->told.error == NULL) return false;
  memcpy(error, message->told.error, sizeof *error);
  return true;
}

/** @returns the stamp that lies within a send call: that of this call; 0: there is none */
static int64_t sent_stamp(struct engine *e, int count, int64_t before, int64_t after) {
  struct sock_extended_err error;
  for (int i = 0; i < count; i++) {
    struct message message = message_at(e, i);
    if (!error_in(&message, &error) || error.ee_origin != SO_EE_ORIGIN_TIMESTAMPING) continue;
    int64_t stamp = message.told.stamp - e->distance.ns;
    if (stamp >= before && stamp <= after) return stamp;
  }
  return 0;
}

/** The stream and the probe that an error quotes; the probe is -1 where it quotes too little. @returns -1: it is none of ours */
static int quoted_by(const struct engine *e, const struct endpoint *at, const struct message *message, double *seq) {
  if (at->owner >= 0 && e->streams[at->owner]->session != NULL) {
    const struct stream *stream = e->streams[at->owner];
    uint64_t found;
    *seq = -1;
    if (message->length < STAMP_NUMBER) return at->owner;
    if (!stamp_seq(stamp_number(message->octets), stream->next, &found)) return -1;
    *seq = (double)found;
    bool has_token = message->length >= STAMP_TOKEN;
    bool same = !has_token || stamp_token(message->octets) == stream->session->tokens[found % STAMP_MEMORY];
    return same ? at->owner : -1;
  }
  struct echo_quote quote;
  if (!echo_quoted(message->octets, message->length, at->family, &quote)) return -1;
  int number = find_stream(e, at, quote.id);
  if (number < 0 || (quote.has_token && quote.token != e->token)) return -1;
  // The newest probe that has these 16 bits.
  uint64_t next = e->streams[number]->next, behind = (next - 1 - quote.seq16) & 0xffff;
  if (next == 0 || behind >= next) return -1;
  *seq = (double)(next - 1 - behind);
  return number;
}

static void put_address(double *cells, const struct sockaddr *from) {
  uint8_t octets[16] = {0};
  cells[5] = from->sa_family == AF_INET ? 4 : 6;
  if (from->sa_family == AF_INET) memcpy(octets, &((const struct sockaddr_in *)from)->sin_addr, 4);
  else if (from->sa_family == AF_INET6) memcpy(octets, &((const struct sockaddr_in6 *)from)->sin6_addr, 16);
  memcpy(cells + 6, octets, sizeof octets);
}

static void take_errors(struct engine *e, struct endpoint *at, int count) {
  struct sock_extended_err error;
  for (int i = 0; i < count; i++) {
    struct message message = message_at(e, i);
    double seq;
    if (!error_in(&message, &error)) continue;
    if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6) continue;
    int number = quoted_by(e, at, &message, &seq);
    if (number < 0) continue;
    bool stamped;
    double when = came_at(e, at, &message, &stamped);
    double *cells = new_row(e, ROW_ERROR, number, 0);
    cells[2] = seq;
    cells[3] = when;
    cells[4] = error.ee_type * 256 + error.ee_code;
    put_address(cells, SO_EE_OFFENDER(message.told.error));
    tell(e);
  }
}

/** @returns whether the socket was emptied */
static bool read_socket(struct engine *e, struct endpoint *at) {
  if (room_of(e) < BATCH) return false;
  int64_t began = monotonic();
  int count = receive(e, at, BATCH, MSG_TRUNC);
  int errno_of_read = errno;
  read_clocks(e);
  for (int i = 0; i < count; i++) {
    struct message message = message_at(e, i);
    if (at->owner >= 0 && e->streams[at->owner]->session != NULL) take_datagram(e, at, &message);
    else take_echo(e, at, &message);
  }
  // An ICMP error is told in place of what is there.
  if (count < 0 && errno_of_read != EAGAIN) take_errors(e, at, fetch_errors(e, at));
  if (count == BATCH || (count < 0 && errno_of_read != EAGAIN)) return false;
  at->emptied = began;
  return true;
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

/** Writes the probe and sends it. @returns errno or 0 */
static int attempt(struct engine *e, struct stream *stream, uint64_t seq, int hop_limit, int64_t *before) {
  struct session *session = stream->session;
  *before = monotonic();
  if (session == NULL) echo_write(stream->packet, stream->endpoint->family, stream->id, e->token, seq);
  else {
    struct stamp_probe probe = {seq, *before + session->distance, session->ssid, session->ptp};
    stamp_write(stream->packet, stream->length, &probe);
    session->tokens[seq % STAMP_MEMORY] = stamp_token(stream->packet);
  }
  return put(stream, hop_limit) < 0 ? errno : 0;
}

/** Lost on a broken link, not kept back by this host? Looked at again after a while: that may be asked for each probe. */
static bool is_unplugged(struct stream *stream, int64_t now) {
  if (now >= stream->link_known_until) {
    stream->link_is_down = link_is_down(&stream->target, stream->target_length);
    stream->link_known_until = now + LINK_KNOWN_FOR;
  }
  return stream->link_is_down;
}

static void send_one(struct engine *e, int number, int64_t due, int hop_limit) {
  struct stream *stream = e->streams[number];
  struct endpoint *at = stream->endpoint;
  uint64_t seq = stream->next++;
  int64_t before;
  int failed = attempt(e, stream, seq, hop_limit, &before);
  if (failed != 0) {
    // The kernel tells of an earlier probe's ICMP error in place of sending this one; what comes again is its own.
    take_errors(e, at, fetch_errors(e, at));
    failed = attempt(e, stream, seq, hop_limit, &before);
  }
  int64_t after = monotonic();
  if (failed == ENOBUFS && is_unplugged(stream, after)) failed = 0;
  int count = fetch_errors(e, at);
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
    if (at == NULL || at->fd < 0 || (i >= 2 && at->owner < 0)) continue;
    if (!read_socket(e, at)) emptied = false;
  }
  if (emptied) {
    e->distance_before = distance;
    e->read_at = horizon;
    atomic_store_explicit(&e->horizon, horizon, memory_order_release);
  }
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
  prctl(PR_SET_NAME, "seqgap-probes");
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

/** Only replies come to a raw socket; errors come to its error queue. */
static void filter_types(int fd, int family) {
  if (family == AF_INET) {
    uint32_t blocked = ~1u;
    setsockopt(fd, SOL_RAW, ICMP_FILTER, &blocked, sizeof blocked);
    return;
  }
  struct icmp6_filter blocked;
  ICMP6_FILTER_SETBLOCKALL(&blocked);
  ICMP6_FILTER_SETPASS(129, &blocked);
  setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &blocked, sizeof blocked);
}

/**
 * Only what has one of our own identifiers comes in: classic BPF over that of the reply. What answers other programs neither
 * fills the buffer nor counts as dropped.
 */
static void filter_identifiers(int fd, int family, uint16_t first, int count) {
  struct sock_filter four[] = {
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
      BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)(first + count), 1, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_filter six[] = {
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)(first + count), 1, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog program = {sizeof four / sizeof *four, four};
  if (family == AF_INET6) program = (struct sock_fprog){sizeof six / sizeof *six, six};
  setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static int open_endpoint(struct endpoint *at, int family, int type, int protocol, int owner) {
  int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (fd < 0) return errno;
  *at = (struct endpoint){.fd = fd, .family = family, .owner = owner, .emptied = monotonic()};
  // SO_RCVBUFFORCE wants CAP_NET_ADMIN.
  if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)) set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
  if (type == SOCK_RAW) filter_types(fd, family);
  // IP_RECVERR: ICMP errors with what they quote, and ENOBUFS where the host's own queue is full, else the probe counts as sent (ip(7)).
  if (family == AF_INET) {
    set(fd, IPPROTO_IP, IP_TTL, HOP_LIMIT);
    set(fd, IPPROTO_IP, IP_RECVTTL, 1);
    set(fd, IPPROTO_IP, IP_RECVERR, 1);
  } else {
    set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, HOP_LIMIT);
    set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
    set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
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

/** One for a stream alone: of UDP, or a ping socket. @returns NULL: it is not to be had, or there is no memory */
static struct endpoint *own_endpoint(int family, int protocol, int owner, int *failed) {
  struct endpoint *own = malloc(sizeof *own);
  *failed = own == NULL ? ENOMEM : open_endpoint(own, family, SOCK_DGRAM, protocol, owner);
  if (*failed == 0) return own;
  free(own);
  return NULL;
}

/** A raw socket, or a ping socket where that is not permitted and this is. @returns errno of the raw one */
static int echo_endpoint(struct engine *e, int family, int owner, struct endpoint **found) {
  struct endpoint *shared = family == AF_INET ? &e->raw4 : &e->raw6;
  int protocol = family == AF_INET ? IPPROTO_ICMP : (int)IPPROTO_ICMPV6;
  *found = shared;
  if (shared->fd >= 0) return 0;
  int failed = open_endpoint(shared, family, SOCK_RAW, protocol, -1), failed_again;
  if (failed == 0) return 0;
  *found = own_endpoint(family, protocol, owner, &failed_again);
  return *found == NULL ? failed : 0;
}

static void free_stream(struct stream *stream) {
  if (stream->endpoint != NULL && stream->endpoint->owner >= 0) {
    close(stream->endpoint->fd);
    free(stream->endpoint);
  }
  free(stream->session);
  free(stream);
}

/* What others call */

/** From any address, and from this port; 0: from a free one. @returns errno or 0 */
static int bind_port(const struct endpoint *at, uint16_t wanted, uint16_t *bound) {
  union {
    struct sockaddr_in four;
    struct sockaddr_in6 six;
  } any = {0};
  socklen_t length = at->family == AF_INET ? sizeof any.four : sizeof any.six;
  in_port_t *port = at->family == AF_INET ? &any.four.sin_port : &any.six.sin6_port;
  any.four.sin_family = (sa_family_t)at->family;
  *port = htons(wanted);
  if (bind(at->fd, (struct sockaddr *)&any, length) != 0) return errno;
  if (getsockname(at->fd, (struct sockaddr *)&any, &length) != 0) return errno;
  *bound = ntohs(*port);
  return 0;
}

/** The endpoint of a stream and, of STAMP, its session. @returns errno or 0 */
static int equip(struct engine *e, const struct stream_options *options, int number, struct stream *stream,
                 uint16_t *local_port) {
  if (options->port == 0) return echo_endpoint(e, options->family, number, &stream->endpoint);
  stream->session = calloc(1, sizeof *stream->session);
  if (stream->session == NULL) return ENOMEM;
  stream->session->ssid = options->ssid;
  stream->session->ptp = options->ptp;
  stream->session->distance = e->distance.ns;
  int failed;
  stream->endpoint = own_endpoint(options->family, IPPROTO_UDP, number, &failed);
  return failed != 0 ? failed : bind_port(stream->endpoint, options->local_port, local_port);
}

static bool is_size(const struct stream_options *options) {
  size_t size = options->size;
  if (options->port == 0) return size <= ECHO_MOST - ICMP_HEADER && size >= ECHO_LEAST - ICMP_HEADER;
  return size == STAMP_LEAST || (size >= STAMP_LEAST_PADDED && size <= STAMP_MOST);
}

static int add_locked(struct engine *e, const struct stream_options *options, const struct addrinfo *target,
                      struct stream_opened *opened) {
  if (e->stream_count == MOST_STREAMS) return EMFILE;
  if (!is_size(options)) return EMSGSIZE;
  size_t length = options->size + (options->port == 0 ? ICMP_HEADER : 0);
  int number = e->stream_count;
  struct stream *stream = calloc(1, sizeof *stream + length);
  if (stream == NULL) return ENOMEM;
  uint16_t local_port = 0;
  int failed = equip(e, options, number, stream, &local_port);
  if (failed != 0) {
    free_stream(stream);
    return failed;
  }
  memcpy(&stream->target, target->ai_addr, target->ai_addrlen);
  stream->target_length = target->ai_addrlen;
  if (options->family == AF_INET) ((struct sockaddr_in *)&stream->target)->sin_port = htons(options->port);
  else ((struct sockaddr_in6 *)&stream->target)->sin6_port = htons(options->port);
  stream->id = (uint16_t)(e->first_id + number);
  stream->due = options->first_ns;
  stream->every = options->every_ns;
  stream->stopped_at = INT64_MAX;
  stream->length = length;
  e->streams[number] = stream;
  e->stream_count++;
  const struct endpoint *at = stream->endpoint;
  if (at->owner < 0) filter_identifiers(at->fd, at->family, e->first_id, e->stream_count);
  *opened = (struct stream_opened){number, at->owner < 0, at->stamps_received, at->stamps_sent, local_port};
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
  free_stream(stream);
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
  for (int i = 0; i < e->stream_count; i++)
    if (e->streams[i] != NULL) free_stream(e->streams[i]);
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
