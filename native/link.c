#define _GNU_SOURCE
#include "link.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

/** IFF_LOWER_UP of <linux/if.h>, which cannot be had beside <net/if.h>: the driver has a carrier. */
#define LOWER_UP (1u << 16)
/** Any: nothing is sent there. */
#define SOME_PORT 9

/** The address from which packets to the target leave. */
static bool source_of(const struct sockaddr_storage *target, socklen_t length, struct sockaddr_storage *source) {
  struct sockaddr_storage to = *target;
  if (to.ss_family == AF_INET) ((struct sockaddr_in *)&to)->sin_port = htons(SOME_PORT);
  else ((struct sockaddr_in6 *)&to)->sin6_port = htons(SOME_PORT);
  int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  socklen_t room = sizeof *source;
  bool known = connect(fd, (struct sockaddr *)&to, length) == 0 && getsockname(fd, (struct sockaddr *)source, &room) == 0;
  close(fd);
  return known;
}

static bool is_same(const struct sockaddr *one, const struct sockaddr_storage *other) {
  if (one == NULL || one->sa_family != other->ss_family) return false;
  if (one->sa_family == AF_INET)
    return ((const struct sockaddr_in *)one)->sin_addr.s_addr == ((const struct sockaddr_in *)other)->sin_addr.s_addr;
  return memcmp(&((const struct sockaddr_in6 *)one)->sin6_addr, &((const struct sockaddr_in6 *)other)->sin6_addr,
                sizeof(struct in6_addr)) == 0;
}

bool link_is_down(const struct sockaddr_storage *target, socklen_t length) {
  struct sockaddr_storage source;
  struct ifaddrs *all;
  if (!source_of(target, length, &source) || getifaddrs(&all) != 0) return false;
  bool found = false, down = true;
  for (const struct ifaddrs *each = all; each != NULL; each = each->ifa_next) {
    if (!is_same(each->ifa_addr, &source)) continue;
    found = true;
    // Of an address that several interfaces have, one that works is enough for a doubt.
    if ((each->ifa_flags & LOWER_UP) != 0) down = false;
  }
  freeifaddrs(all);
  return found && down;
}
