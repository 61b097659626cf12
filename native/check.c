/*
 * Checks of the engine without Node, under sanitizers and valgrind: `npm run native:check`. With `fuzz SEED COUNT` damaged packets
 * go to what reads them; with `run` the engine itself works on loopback, as root or with ping sockets.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "echo.h"
#include "engine.h"
#include "stamp.h"

#define CHECK(what)                                                      \
  do {                                                                   \
    if (!(what)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what); \
      exit(1);                                                           \
    }                                                                    \
  } while (0)

#ifdef setsockopt
#undef setsockopt
extern int setsockopt(int, int, int, const void *, socklen_t);
/** A kernel without time stamps: the engine is compiled to call this. */
int without_stamps(int fd, int level, int option, const void *value, socklen_t length) {
  if (level != SOL_SOCKET || option != SO_TIMESTAMPING) return setsockopt(fd, level, option, value, length);
  errno = ENOPROTOOPT;
  return -1;
}
static const bool STAMPS = false;
#else
static const bool STAMPS = true;
#endif

#define SECOND INT64_C(1000000000)

#ifdef clock_gettime
#undef clock_gettime
#undef recvmmsg
extern int clock_gettime(clockid_t, struct timespec *);
extern int recvmmsg(int, struct mmsghdr *, unsigned, int, struct timespec *);
/** A wall clock that is set to 10 s later, and back: what the engine reads of it, and the kernel's stamps. */
static int64_t step_at;

static void step(struct timespec *wall) {
  int64_t after = wall->tv_sec * SECOND + wall->tv_nsec - step_at;
  if (after >= 0 && after < SECOND / 2) wall->tv_sec += 10;
}

int stepping_clock(clockid_t clock, struct timespec *at) {
  int result = clock_gettime(clock, at);
  if (clock != CLOCK_REALTIME) return result;
  if (step_at == 0) step_at = at->tv_sec * SECOND + at->tv_nsec + SECOND / 4;
  step(at);
  return result;
}

int stepping_messages(int fd, struct mmsghdr *messages, unsigned most, int flags, struct timespec *timeout) {
  int count = recvmmsg(fd, messages, most, flags, timeout);
  for (int i = 0; i < count; i++) {
    struct msghdr *message = &messages[i].msg_hdr;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPING) continue;
      struct timespec stamp;
      memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
      step(&stamp);
      memcpy(CMSG_DATA(c), &stamp, sizeof stamp);
    }
  }
  return count;
}
#endif

/* Packets from outside */

static uint64_t state;

/** xorshift64* */
static uint32_t chance(uint32_t below) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 32) % below;
}

#define TOKEN 0x5e9a6b17u

/** Cuts it, or changes some of its octets. @returns it, in memory of its own, so that a read beyond it is seen */
static uint8_t *damage(uint8_t *made, size_t *length) {
  for (uint32_t damages = chance(6); damages > 0 && *length > 0; damages--) {
    uint32_t where = chance((uint32_t)*length);
    if (chance(3) == 0) *length = where;
    else made[where] = (uint8_t)(chance(2) == 0 ? chance(256) : made[where] ^ (1u << chance(8)));
  }
  uint8_t *packet = malloc(*length == 0 ? 1 : *length);
  CHECK(packet != NULL);
  memcpy(packet, made, *length);
  return packet;
}

/** Echo as a raw or ping socket gives it: a reply to a request of ours, or the request that an error quotes. */
static void fuzz_echo(void) {
  int family = chance(2) == 0 ? AF_INET : AF_INET6;
  bool is_quote = chance(2) == 0;
  bool with_header = !is_quote && family == AF_INET && chance(2) == 0;
  uint16_t id = (uint16_t)chance(65536);
  uint64_t seq = (uint64_t)chance(1u << 31) << chance(20);
  uint8_t made[128] = {0};
  size_t at = with_header ? 20 : 0, length = at + 64;
  if (with_header) made[0] = 0x45;
  echo_write(made + at, family, id, TOKEN, seq);
  if (!is_quote) made[at] = family == AF_INET ? 0 : 129;
  struct echo_reply reply;
  struct echo_quote quote;
  if (is_quote) {
    CHECK(echo_quoted(made, length, family, &quote));
    CHECK(quote.id == id && quote.seq16 == (uint16_t)seq && quote.has_token && quote.token == TOKEN);
  } else {
    CHECK(echo_read(made, length, family, with_header, &reply));
    CHECK(reply.id == id && reply.token == TOKEN && reply.seq == seq);
  }
  uint8_t *packet = damage(made, &length);
  if (echo_read(packet, length, family, with_header, &reply)) CHECK(length >= at + ECHO_LEAST);
  if (echo_quoted(packet, length, family, &quote)) CHECK(length >= ICMP_HEADER);
  free(packet);
}

/** What a reflector makes of a probe (RFC 8762 §4.3.1). */
static void reflect(uint8_t *answer, const uint8_t *probe, uint32_t number) {
  uint8_t sender[14];
  memcpy(sender, probe, sizeof sender);
  answer[0] = (uint8_t)(number >> 24);
  answer[1] = (uint8_t)(number >> 16);
  answer[2] = (uint8_t)(number >> 8);
  answer[3] = (uint8_t)number;
  memcpy(answer + 16, sender + 4, 8);
  memcpy(answer + 24, sender, sizeof sender);
  answer[40] = 61;
}

/** A STAMP probe, and the answer to it. */
static void fuzz_stamp(void) {
  uint64_t next = 1 + ((uint64_t)chance(1u << 31) << chance(6));
  uint32_t window = next < STAMP_MEMORY ? (uint32_t)next : STAMP_MEMORY;
  struct stamp_probe probe = {
      .seq = next - 1 - chance(window),
      .time = (int64_t)chance(1u << 31) * SECOND + chance(1000000000),
      .ssid = (uint16_t)chance(65536),
      .ptp = chance(2) == 0,
  };
  uint8_t made[128] = {0};
  size_t length = chance(2) == 0 ? STAMP_LEAST : STAMP_LEAST_PADDED + chance(64);
  stamp_write(made, length, &probe);
  uint32_t token = stamp_token(made), number = chance(1u << 31);
  CHECK(stamp_number(made) == stamp_wire(probe.seq));
  reflect(made, made, number);
  struct stamp_reply reply;
  uint64_t seq;
  CHECK(stamp_read(made, length, &reply) && stamp_seq(reply.sender_wire, next, &seq));
  CHECK(seq == probe.seq && reply.sender_token == token && reply.seq == number && reply.hop_limit == 61);
  // As it was written, to the nanosecond, in both formats.
  CHECK(reply.received == probe.time && reply.sent == probe.time);
  uint8_t *packet = damage(made, &length);
  if (stamp_read(packet, length, &reply) && stamp_seq(reply.sender_wire, next, &seq))
    CHECK(seq < next && next - seq <= STAMP_MEMORY && stamp_wire(seq) == reply.sender_wire);
  free(packet);
}

/* The engine */

static int64_t now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * SECOND + at.tv_nsec;
}

static void pause_ms(long ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

struct counts {
  uint64_t sent, missed, replies, errors, strangers, failed;
  double next;
};

/** No packet has come before. */
static int64_t began;

/** Takes all rows that are there; each stream's come in the order of their numbers. */
static void take_rows(struct engine *e, struct counts *counts, int streams) {
  static row rows[512];
  size_t count;
  do {
    count = engine_drain(e, rows, 512);
    for (size_t i = 0; i < count; i++) {
      int stream = (int)rows[i][1];
      CHECK(stream >= 0 && stream < streams);
      struct counts *own = &counts[stream];
      switch ((enum row_kind)rows[i][0]) {
        case ROW_MISSED:
          CHECK(rows[i][2] == own->next && rows[i][4] >= 1);
          own->next += rows[i][4];
          own->missed += (uint64_t)rows[i][4];
          break;
        case ROW_SENT:
          CHECK(rows[i][2] == own->next && rows[i][4] >= rows[i][3] && rows[i][5] >= rows[i][4]);
          CHECK(rows[i][7] == 0 || (rows[i][7] >= rows[i][4] && rows[i][7] <= rows[i][5]));
          own->next++;
          own->sent++;
          own->failed += rows[i][6] != 0;
          break;
        case ROW_REPLY:
          CHECK(rows[i][2] < own->next && rows[i][3] <= (double)now() && rows[i][3] > (double)began);
          CHECK(rows[i][4] == 64 && (STAMPS || rows[i][5] == 0));
          CHECK(rows[i][9] == 0 || (rows[i][9] == 61 && rows[i][7] == rows[i][8]));
          own->replies++;
          break;
        case ROW_ERROR:
          CHECK(rows[i][2] < own->next && rows[i][2] >= 0);
          CHECK(rows[i][4] == 3 * 256 + 3 || rows[i][4] == 1 * 256 + 4);
          own->errors++;
          break;
        case ROW_STRANGER:
          own->strangers++;
          break;
      }
    }
  } while (count == 512);
}

static int add(struct engine *e, const char *address, int family, int64_t every_ns, size_t size, uint16_t port) {
  struct stream_opened opened;
  struct stream_options options = {
      .address = address,
      .family = family,
      .every_ns = every_ns,
      .first_ns = now() + 5000000,
      .size = size,
      .port = port,
      .ssid = 7,
      .ptp = family == AF_INET6,
  };
  int failed = engine_add(e, &options, &opened);
  if (failed != 0) fprintf(stderr, "%s: %s\n", address, strerror(failed));
  return failed != 0 ? -1 : opened.stream;
}

/** A UDP socket of loopback, in both families; the port is chosen by the kernel. */
static int listen_on(uint16_t *port) {
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
  socklen_t length = sizeof any;
  int fd = socket(AF_INET6, SOCK_DGRAM, 0);
  struct timeval patience = {.tv_usec = 100000};
  // Its reader may not get its turn for a second.
  int room = 4 << 20;
  CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0);
  CHECK(getsockname(fd, (struct sockaddr *)&any, &length) == 0);
  CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) == 0);
  *port = ntohs(any.sin6_port);
  return fd;
}

struct reflector {
  int fd;
  atomic_bool ended;
  uint32_t answered, damaged;
};

/** Answers, and after every tenth answer sends a damaged one. */
static void *answer_all(void *given) {
  struct reflector *own = given;
  uint8_t packet[2048];
  while (!own->ended) {
    struct sockaddr_storage from;
    socklen_t from_length = sizeof from;
    ssize_t length = recvfrom(own->fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &from_length);
    if (length < STAMP_LEAST) continue;
    reflect(packet, packet, own->answered++);
    sendto(own->fd, packet, (size_t)length, 0, (struct sockaddr *)&from, from_length);
    if (own->answered % 10 != 0) continue;
    for (int i = 0; i < 44; i++) packet[i] = (uint8_t)(packet[i] + own->answered * 7);
    size_t cut = own->answered % 45;
    own->damaged += sendto(own->fd, packet, cut, 0, (struct sockaddr *)&from, from_length) >= 0;
  }
  return NULL;
}

/** The discard protocol: no kernel gives this port to a socket that asks for any. */
#define NOBODY 9

static void run_stamp(void) {
  struct counts counts[4] = {0};
  struct reflector reflector = {0};
  uint16_t port;
  reflector.fd = listen_on(&port);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, answer_all, &reflector) == 0);
  struct engine *e = engine_open(50000, TOKEN);
  CHECK(e != NULL);
  CHECK(add(e, "127.0.0.1", AF_INET, 1000000, 43, port) == -1);
  CHECK(add(e, "127.0.0.1", AF_INET, 1000000, 46, port) == -1);
  CHECK(add(e, "127.0.0.1", AF_INET, 1000000, 65508, port) == -1);
  CHECK(add(e, "127.0.0.1", AF_INET, 1000000, 44, port) == 0);
  CHECK(add(e, "::1", AF_INET6, 2000000, 1400, port) == 1);
  CHECK(add(e, "127.0.0.1", AF_INET, 5000000, 48, NOBODY) == 2);
  CHECK(add(e, "::1", AF_INET6, 5000000, 44, NOBODY) == 3);
  for (int i = 0; i < 100; i++) {
    pause_ms(10);
    take_rows(e, counts, 4);
  }
  for (int i = 0; i < 4; i++) engine_stop(e, i);
  // The reflector is a thread like any other, on a host that may be busy.
  for (int i = 0; i < 1000 && counts[0].replies + counts[1].replies < counts[0].sent + counts[1].sent; i++) {
    pause_ms(10);
    take_rows(e, counts, 4);
  }
  reflector.ended = true;
  pthread_join(thread, NULL);
  close(reflector.fd);
  pause_ms(50);
  take_rows(e, counts, 4);
  for (int i = 0; i < 4; i++) {
    printf("STAMP %d: %" PRIu64 " sent, %" PRIu64 " missed, %" PRIu64 " replies, %" PRIu64 " errors, %" PRIu64 " strangers\n", i,
           counts[i].sent, counts[i].missed, counts[i].replies, counts[i].errors, counts[i].strangers);
    CHECK(counts[i].sent > 10 && counts[i].failed == 0 && engine_drops(e, i) >= 0);
  }
  // What the kernel threw away before the thread came is known.
  uint64_t thrown = 0;
  for (int i = 0; i < 2; i++) {
    uint64_t drops = (uint64_t)engine_drops(e, i);
    CHECK(counts[i].replies <= counts[i].sent && counts[i].replies + drops >= counts[i].sent && counts[i].errors == 0);
    thrown += drops;
  }
  for (int i = 2; i < 4; i++) CHECK(counts[i].errors > 10 && counts[i].replies == 0);
  uint64_t strangers = counts[0].strangers + counts[1].strangers;
  CHECK(strangers <= reflector.damaged && strangers + thrown >= reflector.damaged && reflector.damaged > 0);
  CHECK(STAMPS == (engine_state(e).unstamped == 0) || counts[0].missed > 0);
  engine_forget(e, 1);
  engine_close(e);
}

static int run_echo(void) {
  struct engine *e = engine_open(40000, TOKEN);
  CHECK(e != NULL);
  struct counts counts[5] = {0};
  int four = add(e, "127.0.0.1", AF_INET, 1000000, 56, 0);
  int six = add(e, "::1", AF_INET6, 2000000, 1400, 0);
  if (four < 0 || six < 0) {
    engine_close(e);
    return 77;
  }
  CHECK(add(e, "localhost", AF_INET, 1000000, 56, 0) == -1);
  CHECK(add(e, "127.0.0.1", AF_INET, 1000000, 70000, 0) == -1);
  CHECK(add(e, "127.0.0.1", AF_INET, 1000000, 4, 0) == -1);
  int fast = add(e, "127.0.0.1", AF_INET, 100000, 12, 0);
  int once = add(e, "127.0.0.1", AF_INET, 0, 24, 0);
  for (int i = 0; i < 50; i++) {
    pause_ms(10);
    int64_t horizon = engine_horizon(e);
    CHECK(horizon <= now());
    take_rows(e, counts, 5);
    if (i == 20) engine_pace(e, six, 5000000);
    if (i % 10 == 0) engine_once(e, once, i + 1);
    CHECK(engine_drops(e, four) >= 0);
  }
  CHECK(engine_horizon(e) > began);
  engine_stop(e, fast);
  take_rows(e, counts, 5);
  uint64_t sent = counts[fast].sent;
  pause_ms(50);
  take_rows(e, counts, 5);
  CHECK(counts[fast].sent == sent);
  // Nobody reads: it pauses, and tells what it missed.
  int more = add(e, "127.0.0.1", AF_INET, 20000, 12, 0);
  CHECK(more == 4);
  pause_ms(1500);
  uint64_t missed = counts[four].missed;
  engine_stop(e, more);
  engine_stop(e, four);
  engine_stop(e, six);
  // What the kernel threw away is known: under valgrind the thread is too slow for such a pace. On a busy host it comes late.
  bool whole = false;
  for (int wait = 0; wait < 500 && !whole; wait++) {
    pause_ms(20);
    take_rows(e, counts, 5);
    whole = true;
    for (int i = 0; i < 5; i++)
      whole = whole && counts[i].replies + (uint64_t)engine_drops(e, i) >= counts[i].sent - counts[i].failed;
  }
  CHECK(whole);
  CHECK(counts[once].sent == 5);
  CHECK(counts[four].missed > missed + 100);
  engine_forget(e, six);
  engine_forget(e, six);
  engine_stop(e, 77);
  CHECK(engine_drops(e, six) == -1);
  struct engine_state said = engine_state(e);
  for (int i = 0; i < 5; i++)
    printf("stream %d: %" PRIu64 " sent, %" PRIu64 " missed, %" PRIu64 " replies, %" PRIu64 " failed\n", i, counts[i].sent,
           counts[i].missed, counts[i].replies, counts[i].failed);
  printf("priority errno %d, clock +-%" PRId64 " ns, %" PRIu64 " unstamped\n", said.priority_errno, said.clock_ns,
         said.unstamped);
  CHECK(STAMPS ? said.unstamped < counts[four].replies : said.unstamped >= counts[four].replies);
  engine_close(e);
  return 0;
}

int main(int count, char **words) {
  if (count == 4 && strcmp(words[1], "fuzz") == 0) {
    state = strtoull(words[2], NULL, 10) * 2 + 1;
    for (unsigned long long i = strtoull(words[3], NULL, 10); i > 0; i--) {
      fuzz_echo();
      fuzz_stamp();
    }
    return 0;
  }
  if (count == 2 && strcmp(words[1], "run") == 0) {
    began = now();
    run_stamp();
    return run_echo();
  }
  fprintf(stderr, "usage: check fuzz SEED COUNT | check run\n");
  return 64;
}
