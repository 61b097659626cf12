/*
 * ICMP and ICMPv6 Echo (RFC 792, RFC 4443 §4) as the engine sends and reads it; the same octets as src/wire/echo-packet.ts.
 * Pure: no sockets, no clock. All that is read here comes from outside.
 */
#ifndef SEQGAP_ECHO_H
#define SEQGAP_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ICMP_HEADER 8
/** With token (4) and sequence (8) behind it: the least that an echo of ours has. */
#define ECHO_LEAST (ICMP_HEADER + 12)
/** The largest ICMP message in an IPv4 packet without options. */
#define ECHO_MOST 65515

/** A reply to an echo request, an error about one, or nothing that concerns us. */
enum arrival_kind { ARRIVAL_NONE, ARRIVAL_REPLY, ARRIVAL_ERROR };

struct arrival {
  enum arrival_kind kind;
  uint16_t id;
  /** Of an error: only these 16 bits of the sequence number are sure to be quoted (RFC 792). */
  uint16_t seq16;
  /** False where the quotation ends before it. */
  bool has_token;
  uint32_t token;
  /** Of a reply. */
  uint64_t seq;
  /** Of an error. */
  uint8_t type, code;
};

/** Writes a request. `packet` has `length` octets, at least ECHO_LEAST, those from there on zero. */
void echo_write(uint8_t *packet, size_t length, int family, uint16_t id, uint32_t token, uint64_t seq);

/** @param with_header the packet begins with its IPv4 header, as that of a raw socket does */
struct arrival echo_read(const uint8_t *packet, size_t length, int family, bool with_header);

/** An ICMP error as the socket's error queue tells it: its type and code, and the request from the ICMP header on. */
struct arrival echo_quoted(const uint8_t *request, size_t length, int family, uint8_t type, uint8_t code);

/** Can this ICMP message be about a request that did not reach its target? */
bool echo_is_error(int family, uint8_t type);

#endif
