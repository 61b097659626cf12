#include "echo.h"

#include <sys/socket.h>

#include "octets.h"

enum { ECHO_REPLY_4 = 0, ECHO_REQUEST_4 = 8, ECHO_REQUEST_6 = 128, ECHO_REPLY_6 = 129 };

void echo_write(uint8_t *packet, int family, uint16_t id, uint32_t token, uint64_t seq) {
  packet[0] = family == AF_INET ? ECHO_REQUEST_4 : ECHO_REQUEST_6;
  packet[1] = 0;
  write16(packet + 2, 0);
  write16(packet + 4, id);
  write16(packet + 6, (uint32_t)(seq & 0xffff));
  write32(packet + 8, token);
  write32(packet + 12, (uint32_t)(seq >> 32));
  write32(packet + 16, (uint32_t)seq);
  // The kernel fills in the ICMPv6 checksum (RFC 3542 §3.1).
  if (family != AF_INET) return;
  // RFC 1071; the zeros behind add nothing.
  uint32_t sum = 0;
  for (size_t i = 0; i < ECHO_LEAST; i += 2) sum += read16(packet + i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  write16(packet + 2, ~sum);
}

/** Length of the IPv4 header that begins here; 0: there is none. */
static size_t ipv4_header(const uint8_t *at, size_t length) {
  if (length < 20 || at[0] >> 4 != 4) return 0;
  size_t header = (size_t)(at[0] & 0x0f) * 4;
  return header < 20 || header > length ? 0 : header;
}

bool echo_read(const uint8_t *packet, size_t length, int family, bool with_header, struct echo_reply *reply) {
  if (with_header) {
    size_t header = ipv4_header(packet, length);
    if (header == 0) return false;
    packet += header;
    length -= header;
  }
  if (length < ECHO_LEAST || packet[0] != (family == AF_INET ? ECHO_REPLY_4 : ECHO_REPLY_6)) return false;
  *reply = (struct echo_reply){
      .id = read16(packet + 4),
      .token = read32(packet + 8),
      .seq = (uint64_t)read32(packet + 12) << 32 | read32(packet + 16),
  };
  return true;
}

bool echo_quoted(const uint8_t *request, size_t length, int family, struct echo_quote *quote) {
  if (length < ICMP_HEADER || request[0] != (family == AF_INET ? ECHO_REQUEST_4 : ECHO_REQUEST_6)) return false;
  bool has_token = length >= ICMP_HEADER + 4;
  *quote = (struct echo_quote){
      .id = read16(request + 4),
      .seq16 = read16(request + 6),
      .has_token = has_token,
      .token = has_token ? read32(request + ICMP_HEADER) : 0,
  };
  return true;
}
