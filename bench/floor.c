/*
 * The least that a prober in C can do: ICMP echo on an absolute schedule, answers read and thrown away, nothing kept but
 * how late each send was. `floor ADDRESS INTERVAL_NS SECONDS`, as root; for bench/engines.mjs.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

static int64_t now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * INT64_C(1000000000) + at.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  int64_t difference = *(const int64_t *)a - *(const int64_t *)b;
  return difference < 0 ? -1 : difference > 0;
}

int main(int count, char **words) {
  if (count != 4) return 64;
  struct sockaddr_in target = {.sin_family = AF_INET};
  inet_pton(AF_INET, words[1], &target.sin_addr);
  int64_t every = atoll(words[2]), slots = atoll(words[3]) * INT64_C(1000000000) / every;
  int64_t *lateness = calloc((size_t)slots, sizeof *lateness);
  int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  if (fd < 0 || lateness == NULL) return 1;
  prctl(PR_SET_TIMERSLACK, 1UL);
  sched_setscheduler(0, SCHED_RR, &(struct sched_param){.sched_priority = 2});
  uint8_t packet[64] = {8}, answer[256];
  int64_t due = now() + every, sent = 0;
  for (int64_t slot = 0; slot < slots; slot++, due += every) {
    struct timespec at = {due / 1000000000, due % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    int64_t late = now() - due;
    if (late > every / 2) continue;
    packet[6] = (uint8_t)(slot >> 8);
    packet[7] = (uint8_t)slot;
    packet[4] = 0xbe;
    uint32_t sum = 0;
    packet[2] = packet[3] = 0;
    for (int i = 0; i < 64; i += 2) sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    packet[2] = (uint8_t)(~sum >> 8);
    packet[3] = (uint8_t)~sum;
    sendto(fd, packet, sizeof packet, 0, (struct sockaddr *)&target, sizeof target);
    lateness[sent++] = late;
    while (recv(fd, answer, sizeof answer, MSG_DONTWAIT) > 0) continue;
  }
  qsort(lateness, (size_t)sent, sizeof *lateness, ascending);
  printf("{\"sent\":%ld,\"unsent\":%ld,\"p50\":%f,\"p99\":%f,\"max\":%f}\n", (long)sent, (long)(slots - sent),
         (double)lateness[sent / 2] / 1e6, (double)lateness[sent * 99 / 100] / 1e6, (double)lateness[sent - 1] / 1e6);
  return 0;
}
