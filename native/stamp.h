/*
 * STAMP test packets, unauthenticated (RFC 8762 §4.2.1 and §4.3.1, RFC 8972), as the engine sends and reads them; the same octets
 * as src/wire/stamp-packet.ts. Pure: no sockets, no clock. All that is read here comes from outside.
 */
#ifndef SEQGAP_STAMP_H
#define SEQGAP_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAMP_LEAST 44
/** A padding has a header (RFC 8972 §4). */
#define STAMP_LEAST_PADDED 48
/** The largest payload of UDP over IPv4. */
#define STAMP_MOST 65507
/** Probes whose answer is still known, as a ledger knows them. */
#define STAMP_MEMORY 65536

struct stamp_probe {
  uint64_t seq;
  /** Nanoseconds since 1970, UTC. */
  int64_t time;
  uint16_t ssid;
  /** Time stamps are PTP's, else NTP's. */
  bool ptp;
};

struct stamp_reply {
  /** The reflector's own number. */
  uint32_t seq;
  /** Nanoseconds since 1970 by its clock. */
  int64_t received, sent;
  /** What it repeats of the probe: its number, and `stamp_token`. */
  uint32_t sender_wire, sender_token;
  /** With which the probe reached it; -1: it does not say. */
  int hop_limit;
};

/** `packet` has `length` octets, STAMP_LEAST or STAMP_LEAST_PADDED and more, those behind the header zero. */
void stamp_write(uint8_t *packet, size_t length, const struct stamp_probe *probe);

/** Octets of a probe with its number; with half of its time stamp too. */
#define STAMP_NUMBER 4
#define STAMP_TOKEN 12

uint32_t stamp_number(const uint8_t *probe);
/** Half of the probe's time stamp: with its number it says which probe an answer is for. */
uint32_t stamp_token(const uint8_t *probe);

/** @returns false: too short for an answer */
bool stamp_read(const uint8_t *packet, size_t length, struct stamp_reply *reply);

/** The number in the packet of a probe: 0, then 4, 5 … (src/model/stamp-sequence.ts). */
uint32_t stamp_wire(uint64_t seq);

/** The probe with this number, of the last STAMP_MEMORY before `next`. @returns false: there is none */
bool stamp_seq(uint32_t wire, uint64_t next, uint64_t *seq);

#endif
