/*
 * Checks of the engine without Node, under sanitizers and valgrind: `npm run native:check`. With `fuzz SEED COUNT` damaged packets
 * go to what reads them; with `run` the engine itself works on loopback, as root or with ping sockets.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "echo.h"
#include "engine.h"

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

/** A packet as a raw or ping socket gives it: a reply to an echo of ours, or an error that quotes one. */
static size_t make(uint8_t *to, int family, bool with_header, bool is_error, uint16_t id, uint64_t seq) {
  size_t at = 0;
  memset(to, 0, 256);
  if (with_header) {
    to[0] = 0x45;
    to[9] = 1;
    at = 20;
  }
  if (is_error) {
    to[at] = family == AF_INET ? 3 : 1;
    to[at + 1] = (uint8_t)chance(14);
    at += 8;
    to[at] = family == AF_INET ? 0x46 : 0x60;
    to[at + (family == AF_INET ? 9 : 6)] = family == AF_INET ? 1 : 58;
    at += family == AF_INET ? 24 : 40;
  }
  echo_write(to + at, 64, family, id, TOKEN, seq);
  if (!is_error) to[at] = family == AF_INET ? 0 : 129;
  return at + 64;
}

static void fuzz_one(void) {
  int family = chance(2) == 0 ? AF_INET : AF_INET6;
  bool with_header = family == AF_INET && chance(2) == 0;
  bool is_error = chance(2) == 0;
  uint16_t id = (uint16_t)chance(65536);
  uint64_t seq = (uint64_t)chance(1u << 31) << chance(20);
  uint8_t made[256];
  size_t length = make(made, family, with_header, is_error, id, seq);
  struct arrival whole = echo_read(made, length, family, with_header);
  CHECK(whole.kind == (is_error ? ARRIVAL_ERROR : ARRIVAL_REPLY));
  CHECK(whole.id == id && whole.has_token && whole.token == TOKEN && whole.seq16 == (uint16_t)seq);
  CHECK(is_error || whole.seq == seq);
  for (uint32_t damages = chance(6); damages > 0; damages--) {
    uint32_t where = chance((uint32_t)length);
    if (chance(3) == 0) length = where;
    else made[where] = (uint8_t)(chance(2) == 0 ? chance(256) : made[where] ^ (1u << chance(8)));
    if (length == 0) break;
  }
  // In memory of its own, so that a read beyond it is seen.
  uint8_t *packet = malloc(length == 0 ? 1 : length);
  CHECK(packet != NULL);
  memcpy(packet, made, length);
  struct arrival damaged = echo_read(packet, length, family, with_header);
  CHECK(damaged.kind != ARRIVAL_REPLY || damaged.has_token);
  CHECK(damaged.kind != ARRIVAL_ERROR || echo_is_error(family, damaged.type));
  echo_quoted(packet, length, family, (uint8_t)chance(16), (uint8_t)chance(256));
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
  uint64_t sent, missed, replies, errors, failed;
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
          own->replies++;
          break;
        case ROW_ERROR:
          CHECK(rows[i][2] < own->next);
          own->errors++;
          break;
      }
    }
  } while (count == 512);
}

static int add(struct engine *e, const char *address, int family, int64_t every_ns, size_t size) {
  struct stream_opened opened;
  struct stream_options options = {address, family, every_ns, now() + 5000000, size};
  int failed = engine_add(e, &options, &opened);
  if (failed != 0) fprintf(stderr, "%s: %s\n", address, strerror(failed));
  return failed != 0 ? -1 : opened.stream;
}

static int run_engine(void) {
  began = now();
  struct engine *e = engine_open(40000, TOKEN);
  CHECK(e != NULL);
  struct counts counts[5] = {0};
  int four = add(e, "127.0.0.1", AF_INET, 1000000, 56);
  int six = add(e, "::1", AF_INET6, 2000000, 1400);
  if (four < 0 || six < 0) {
    engine_close(e);
    return 77;
  }
  CHECK(add(e, "localhost", AF_INET, 1000000, 56) == -1);
  CHECK(add(e, "127.0.0.1", AF_INET, 1000000, 70000) == -1);
  CHECK(add(e, "127.0.0.1", AF_INET, 1000000, 4) == -1);
  int fast = add(e, "127.0.0.1", AF_INET, 100000, 12);
  int once = add(e, "127.0.0.1", AF_INET, 0, 24);
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
  int more = add(e, "127.0.0.1", AF_INET, 20000, 12);
  CHECK(more == 4);
  pause_ms(1500);
  uint64_t missed = counts[four].missed;
  engine_stop(e, more);
  engine_stop(e, four);
  engine_stop(e, six);
  pause_ms(100);
  take_rows(e, counts, 5);
  pause_ms(100);
  take_rows(e, counts, 5);
  // What the kernel threw away is known: under valgrind the thread is too slow for such a pace.
  for (int i = 0; i < 5; i++)
    CHECK(counts[i].replies + (uint64_t)engine_drops(e, i) >= counts[i].sent - counts[i].failed);
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
    for (unsigned long long i = strtoull(words[3], NULL, 10); i > 0; i--) fuzz_one();
    return 0;
  }
  if (count == 2 && strcmp(words[1], "run") == 0) return run_engine();
  fprintf(stderr, "usage: check fuzz SEED COUNT | check run\n");
  return 64;
}
