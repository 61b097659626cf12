/* The link over which packets leave. */
#ifndef SEQGAP_LINK_H
#define SEQGAP_LINK_H

#include <stdbool.h>
#include <sys/socket.h>

/**
 * Is it known that the interface towards this address has no carrier? What is sent then is lost on a broken link, whatever the driver
 * says: that of a veth pair whose other end is down says what a full queue of this host says, ENOBUFS (drivers/net/veth.c, veth_xmit).
 * Takes some 0.1 ms.
 */
bool link_is_down(const struct sockaddr_storage *target, socklen_t length);

#endif
