/*
 * Sends ICMP echo and STAMP on an absolute schedule from a thread of its own, and reads what comes back with the kernel's stamps.
 * All instants are CLOCK_MONOTONIC in nanoseconds. Linux only.
 */
#ifndef SEQGAP_ENGINE_H
#define SEQGAP_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What the thread has to tell, by the first cell of a row; the second is the number of the stream, the third the probe's. */
enum row_kind {
  /** Slots that were missed: due of the first, their count, how far apart they are. */
  ROW_MISSED = 1,
  /** A send: due, just before the call, after it, errno or 0, the kernel's stamp if it lies within the call (else 0). */
  ROW_SENT = 2,
  /**
   * A reply: when it came, its hop limit (-1: not known), whether the kernel stamped it. Of STAMP also the reflector's number,
   * when it received and sent by its clock as if that were ours, and the hop limit with which the probe reached it (-1: not known).
   */
  ROW_REPLY = 3,
  /**
   * An ICMP error: when it came, its type times 256 and its code, family and address (16 octets) of who says so. The probe is -1 where
   * it does not quote so much of it.
   */
  ROW_ERROR = 4,
  /** Something else came to a STAMP stream, for no known probe: when, its octets. */
  ROW_STRANGER = 5,
};

#define ROW_CELLS 10
typedef double row[ROW_CELLS];

struct engine;

struct engine_state {
  /** 0: the thread has real-time priority; else the errno for which it has not. */
  int priority_errno;
  /** By how much a converted stamp may be off. */
  int64_t clock_ns;
  /** Packets that the kernel had not stamped, or whose stamp a step of the wall clock made doubtful. */
  uint64_t unstamped;
};

struct stream_options {
  /** Numeric; an IPv6 address may have a scope. */
  const char *address;
  int family;
  /** 0: only what `engine_once` sends. */
  int64_t every_ns;
  int64_t first_ns;
  /** Octets behind the ICMP or UDP header: at least 12 of an echo, 44 or 48 and more of STAMP. */
  size_t size;
  /** Of a STAMP stream; 0: ICMP echo. */
  uint16_t port;
  uint16_t ssid;
  bool ptp;
  /** It is sent from there; 0: from any that is free. */
  uint16_t local_port;
};

/** How a stream was opened. */
struct stream_opened {
  int stream;
  bool raw;
  /** The kernel stamps what comes; what leaves. */
  bool stamps_received, stamps_sent;
  /** Of a STAMP stream; else 0. */
  uint16_t local_port;
};

/** Streams have identifiers from `id` on, replies are known by `token`. @returns NULL: errno says why */
struct engine *engine_open(uint16_t id, uint32_t token);
/** @returns 0, or an errno: EPERM or EACCES without the right, EINVAL for no address, EMSGSIZE for the size,
 * EADDRINUSE for the local port */
int engine_add(struct engine *, const struct stream_options *, struct stream_opened *);
/** From the slot after the next on they are so far apart. */
void engine_pace(struct engine *, int stream, int64_t every_ns);
/** Nothing of it is sent after this returns; slots that were missed before are still told. */
void engine_stop(struct engine *, int stream);
/** Sends one now, with this hop limit. */
void engine_once(struct engine *, int stream, int hop_limit);
/** Stops it and tells what it has missed, if there is room; then nothing more. */
void engine_forget(struct engine *, int stream);
/** Every packet that came before this instant is in the rows. Asked before `engine_drain`. */
int64_t engine_horizon(struct engine *);
/** @returns how many rows were written; as many as there is room for: ask again */
size_t engine_drain(struct engine *, row *rows, size_t room);
/** Packets for the stream's socket that the kernel threw away since it was opened; -1: not known. */
int64_t engine_drops(struct engine *, int stream);
struct engine_state engine_state(struct engine *);
/** Ends the thread and closes the sockets. */
void engine_close(struct engine *);

#endif
