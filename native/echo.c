#include "echo.h"

#include <sys/socket.h>

#define IPV6_HEADER 40

enum { ECHO_REPLY_4 = 0, UNREACHABLE_4 = 3, ECHO_REQUEST_4 = 8, TIME_EXCEEDED_4 = 11, PARAMETER_4 = 12 };
enum { UNREACHABLE_6 = 1, PARAMETER_6 = 4, ECHO_REQUEST_6 = 128, ECHO_REPLY_6 = 129 };
enum { PROTOCOL_ICMP = 1, PROTOCOL_ICMPV6 = 58 };

static uint16_t read16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }

static uint32_t read32(const uint8_t *at) { return (uint32_t)read16(at) << 16 | read16(at + 2); }

static void write16(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static void write32(uint8_t *at, uint32_t value) {
  write16(at, value >> 16);
  write16(at + 2, value);
}

void echo_write(uint8_t *packet, size_t length, int family, uint16_t id, uint32_t token, uint64_t seq) {
  (void)length;
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

bool echo_is_error(int family, uint8_t type) {
  if (family == AF_INET) return type == UNREACHABLE_4 || type == TIME_EXCEEDED_4 || type == PARAMETER_4;
  return type >= UNREACHABLE_6 && type <= PARAMETER_6;
}

struct arrival echo_quoted(const uint8_t *request, size_t length, int family, uint8_t type, uint8_t code) {
  struct arrival found = {.kind = ARRIVAL_NONE};
  if (length < ICMP_HEADER || !echo_is_error(family, type)) return found;
  if (request[0] != (family == AF_INET ? ECHO_REQUEST_4 : ECHO_REQUEST_6)) return found;
  found.kind = ARRIVAL_ERROR;
  found.id = read16(request + 4);
  found.seq16 = read16(request + 6);
  found.has_token = length >= ICMP_HEADER + 4;
  if (found.has_token) found.token = read32(request + ICMP_HEADER);
  found.type = type;
  found.code = code;
  return found;
}

struct arrival echo_read(const uint8_t *packet, size_t length, int family, bool with_header) {
  struct arrival none = {.kind = ARRIVAL_NONE};
  if (with_header) {
    size_t header = ipv4_header(packet, length);
    if (header == 0) return none;
    packet += header;
    length -= header;
  }
  if (length < ICMP_HEADER) return none;
  if (packet[0] == (family == AF_INET ? ECHO_REPLY_4 : ECHO_REPLY_6)) {
    if (length < ECHO_LEAST) return none;
    return (struct arrival){
        .kind = ARRIVAL_REPLY,
        .id = read16(packet + 4),
        .seq16 = read16(packet + 6),
        .has_token = true,
        .token = read32(packet + 8),
        .seq = (uint64_t)read32(packet + 12) << 32 | read32(packet + 16),
    };
  }
  const uint8_t *quoted = packet + ICMP_HEADER;
  size_t left = length - ICMP_HEADER;
  size_t header = family == AF_INET ? ipv4_header(quoted, left) : IPV6_HEADER;
  if (header == 0 || left < header) return none;
  // Only errors about an echo request: the quoted protocol may be UDP or TCP with the same octets.
  if (quoted[family == AF_INET ? 9 : 6] != (family == AF_INET ? PROTOCOL_ICMP : PROTOCOL_ICMPV6)) return none;
  return echo_quoted(quoted + header, left - header, family, packet[0], packet[1]);
}
