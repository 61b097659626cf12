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

struct echo_reply {
  uint16_t id;
  uint32_t token;
  uint64_t seq;
};

/** Of a request, as an ICMP error quotes it: only 64 bits are sure to be (RFC 792). */
struct echo_quote {
  uint16_t id, seq16;
  bool has_token;
  uint32_t token;
};

/** Writes a request into at least ECHO_LEAST octets, those behind them zero. */
void echo_write(uint8_t *packet, int family, uint16_t id, uint32_t token, uint64_t seq);

/**
 * @param with_header the packet begins with its IPv4 header, as that of a raw socket does
 * @returns false: no reply to an echo of ours
 */
bool echo_read(const uint8_t *packet, size_t length, int family, bool with_header, struct echo_reply *reply);

/** @param request from its ICMP header on, as far as it is quoted. @returns false: no echo request */
bool echo_quoted(const uint8_t *request, size_t length, int family, struct echo_quote *quote);

#endif
