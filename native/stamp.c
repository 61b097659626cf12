#include "stamp.h"

#include "octets.h"

enum { SEQ = 0, TIME = 4, ERROR_ESTIMATE = 12, SSID = 14, RECEIVED = 16 };
enum { SENDER_SEQ = 24, SENDER_TIME = 28, SENDER_TTL = 40 };

/** TWAMP-Light reflectors (RFC 5357 App. I) may end their answer with the sender's error estimate. */
#define LEAST_REPLY 38
#define SECOND INT64_C(1000000000)
/** From 1900 to 1970. */
#define NTP_EPOCH INT64_C(2208988800)
#define Z_BIT 0x40
/** Multiplier 1, scale 22: 2^(22-32) s, about 1 ms, which is how exactly the wall clock is known (RFC 4656 §4.1.2). */
#define OWN_ERROR 0x1601
/** Not recognised, and Extra Padding (RFC 8972 §4, §4.1). */
#define PADDING 0x8001

static void write_time(uint8_t *at, int64_t time, bool ptp) {
  int64_t seconds = time / SECOND, rest = time % SECOND;
  write32(at, (uint32_t)(ptp ? seconds : seconds + NTP_EPOCH));
  write32(at + 4, (uint32_t)(ptp ? (uint64_t)rest : ((uint64_t)rest << 32) / SECOND));
}

/** Seconds are taken to lie between 1968 and 2104 (RFC 4330 §3, for the wrap of 2036). */
static int64_t read_time(const uint8_t *at, bool ptp) {
  int64_t high = read32(at);
  uint32_t low = read32(at + 4);
  if (ptp) return high * SECOND + low;
  if (high < INT64_C(1) << 31) high += INT64_C(1) << 32;
  return (high - NTP_EPOCH) * SECOND + (int64_t)(((uint64_t)low * SECOND + (UINT64_C(1) << 31)) >> 32);
}

void stamp_write(uint8_t *packet, size_t length, const struct stamp_probe *probe) {
  write32(packet + SEQ, stamp_wire(probe->seq));
  write_time(packet + TIME, probe->time, probe->ptp);
  write16(packet + ERROR_ESTIMATE, OWN_ERROR | (probe->ptp ? Z_BIT << 8 : 0));
  write16(packet + SSID, probe->ssid);
  if (length < STAMP_LEAST_PADDED) return;
  write16(packet + STAMP_LEAST, PADDING);
  write16(packet + STAMP_LEAST + 2, (uint32_t)(length - STAMP_LEAST_PADDED));
}

uint32_t stamp_number(const uint8_t *probe) { return read32(probe + SEQ); }

uint32_t stamp_token(const uint8_t *probe) { return read32(probe + TIME + 4); }

bool stamp_read(const uint8_t *packet, size_t length, struct stamp_reply *reply) {
  if (length < LEAST_REPLY) return false;
  bool ptp = (packet[ERROR_ESTIMATE] & Z_BIT) != 0;
  int hop_limit = length > SENDER_TTL ? packet[SENDER_TTL] : 0;
  *reply = (struct stamp_reply){
      .seq = read32(packet + SEQ),
      .received = read_time(packet + RECEIVED, ptp),
      .sent = read_time(packet + TIME, ptp),
      .sender_wire = read32(packet + SENDER_SEQ),
      .sender_token = read32(packet + SENDER_TIME + 4),
      // 255: not known (RFC 5357 §4.2.1).
      .hop_limit = hop_limit == 0 || hop_limit == 255 ? -1 : hop_limit,
  };
  return true;
}

uint32_t stamp_wire(uint64_t seq) { return (uint32_t)(seq == 0 ? 0 : seq + 3); }

bool stamp_seq(uint32_t wire, uint64_t next, uint64_t *seq) {
  if (next == 0) return false;
  uint64_t newest = next - 1;
  uint32_t behind = stamp_wire(newest) - wire;
  // The numbers behind the first are left out.
  if (wire == 0 && newest < STAMP_MEMORY) behind = (uint32_t)newest;
  if (behind > newest || behind >= STAMP_MEMORY) return false;
  *seq = newest - behind;
  return stamp_wire(*seq) == wire;
}
