#pragma once
/* Linux system calls that Swift's Glibc module lacks, as plain functions. No policy. All return -1 and set errno on
 * failure unless said otherwise. _GNU_SOURCE is defined in CLinux.c only: in a header it makes modules differ. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>

int clinux_epoll_create(void);
int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t key);
int clinux_epoll_modify(int epoll, int fd, uint32_t events, uint64_t key);
int clinux_epoll_remove(int epoll, int fd);
/* The key of the i-th event after epoll_wait. */
uint64_t clinux_epoll_key(const struct epoll_event *event);

int clinux_eventfd(void);
void clinux_eventfd_signal(int fd);
void clinux_eventfd_drain(int fd);

/* A non-blocking, close-on-exec socket. */
int clinux_accept(int listener);
/* A bound, listening, non-blocking TCP socket; host is a numeric address. *bound_port receives the port. What it accepts
 * sends small packets without delay, as it does: that is inherited. */
int clinux_listen(const char *host, uint16_t port, int backlog, bool reuse_port, uint16_t *bound_port);
/* Resets all connections that wait to be accepted, and listens on. Takes no descriptor. Returns 0, or -1 and errno. */
int clinux_reset_backlog(int listener, int backlog);
/* The first address of a host, a name or a number, for TCP. Returns 0, or a code for gai_strerror. */
int clinux_resolve(const char *host, uint16_t port, struct sockaddr_storage *address, socklen_t *length);
/* A non-blocking, close-on-exec socket on its way to an address. origin: for loopback addresses of IPv4, the number of
 * the loopback address to come from, as each has only so many ports; 0 leaves it to the kernel. receive_bytes: of the
 * kernel's receive buffer, 0 leaves them to the kernel. */
int clinux_connect(const struct sockaddr_storage *address, socklen_t length, uint32_t origin, int receive_bytes);
/* A timer as a descriptor that becomes readable, and its setting by the monotonic clock; 0 stops it. */
int clinux_timer(void);
int clinux_timer_set(int fd, uint64_t monotonic_nanoseconds);
// The connection fails when sent bytes are not acknowledged for so long (TCP_USER_TIMEOUT).
int clinux_set_unacknowledged_timeout(int fd, unsigned int milliseconds);

/* Fills the whole range with random bytes; aborts if the kernel can't. */
void clinux_random(void *bytes, size_t count);
uint64_t clinux_monotonic_nanoseconds(void);
uint64_t clinux_realtime_nanoseconds(void);

/* A name of at most 15 bytes for the calling thread, as shown by top -H. */
void clinux_name_thread(const char *name);
int clinux_cpu_count(void);
/* Freed memory of up to kept_bytes a thread stays with the process, and blocks of up to that are not mapped one by one:
 * buffers that come and go with each batch would otherwise be zeroed by the kernel, page by page, each time. */
void clinux_keep_freed_memory(size_t kept_bytes);
/* The environment's entry of that number, NAME=value; NULL behind the last. */
const char *clinux_environment(size_t index);
/* Raises the soft limit of file descriptors to the hard one; returns the soft limit in force. */
long clinux_raise_descriptor_limit(void);
/* The kernel writes no core dump of the process, also none to a program, and only root can look into it. */
void clinux_forbid_core_dumps(void);
/* Blocks these signals in the calling thread and returns a signalfd for them. */
int clinux_signalfd(const int *signals, int count);
/* The next signal's number, 0 if none is pending. */
int clinux_signalfd_read(int fd);
/* SIGPIPE and SIGXFSZ: a write to nobody, or beyond the largest size of a file, fails with an error instead. */
void clinux_ignore_write_signals(void);
/* Opens /dev/null as standard input, output or error where these are closed: else the next socket gets their number,
 * and what is printed goes to whoever is at its other end. */
void clinux_open_standard_streams(void);
/* Writes what the descriptor takes at once, in pieces of PIPE_BUF at most: of so many a pipe that poll(2) calls writable
 * has room (pipe(7)), unless somebody else writes to it at the same time. False if something was left. */
bool clinux_write_without_waiting(int fd, const void *bytes, size_t count);
/* Sends a datagram to the systemd notify socket of $NOTIFY_SOCKET; nothing happens without one. */
void clinux_notify(const char *state);
const void *clinux_memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);
/* How many columns a Unicode scalar takes on a terminal, by the locale's tables; -1 for a control character. */
int clinux_column_width(uint32_t scalar);
