#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <stdio.h>

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll, int operation, int fd, uint32_t events, uint64_t key)
{
    struct epoll_event event = {.events = events, .data.u64 = key};
    return epoll_ctl(epoll, operation, fd, &event);
}

int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t key)
{
    return control(epoll, EPOLL_CTL_ADD, fd, events, key);
}

int clinux_epoll_modify(int epoll, int fd, uint32_t events, uint64_t key)
{
    return control(epoll, EPOLL_CTL_MOD, fd, events, key);
}

int clinux_epoll_remove(int epoll, int fd) { return control(epoll, EPOLL_CTL_DEL, fd, 0, 0); }

uint64_t clinux_epoll_key(const struct epoll_event *event) { return event->data.u64; }

int clinux_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

void clinux_eventfd_signal(int fd)
{
    uint64_t one = 1;
    /* EAGAIN means that the counter is full, so the reader wakes all the same. */
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {}
}

void clinux_eventfd_drain(int fd)
{
    uint64_t count;
    while (read(fd, &count, sizeof count) < 0 && errno == EINTR) {}
}

int clinux_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }

int clinux_set_unacknowledged_timeout(int fd, unsigned int milliseconds)
{
    return setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

static uint16_t port_of(const struct sockaddr_storage *address)
{
    return ntohs(address->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_port
                                                : ((const struct sockaddr_in *)address)->sin_port);
}

int clinux_listen(const char *host, uint16_t port, int backlog, bool reuse_port, uint16_t *bound_port)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *found = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    if (getaddrinfo(host, service, &hints, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int on = 1, fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        (reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on)) ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) ||
        bind(fd, found->ai_addr, found->ai_addrlen) || listen(fd, backlog) ||
        getsockname(fd, (struct sockaddr *)&bound, &length)) {
        int saved = errno;
        if (fd >= 0)
            close(fd);
        freeaddrinfo(found);
        errno = saved;
        return -1;
    }
    freeaddrinfo(found);
    *bound_port = port_of(&bound);
    return fd;
}

int clinux_reset_backlog(int listener, int backlog)
{
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    if (getsockname(listener, (struct sockaddr *)&bound, &length))
        return -1;
    /* It ends the listening (tcp_disconnect), and keeps a port that was asked for: bind says EINVAL. One that the kernel
     * chose is given up, and has to be bound again. ENOTCONN: it was not listening, as an earlier call failed below. */
    if (shutdown(listener, SHUT_RD) && errno != ENOTCONN)
        return -1;
    /* A privileged port is never one that the kernel chose, and bind would say EACCES first. */
    bool is_privileged = port_of(&bound) < 1024;
    if (!is_privileged && bind(listener, (struct sockaddr *)&bound, length) && errno != EINVAL)
        return -1;
    return listen(listener, backlog);
}

int clinux_resolve(const char *host, uint16_t port, struct sockaddr_storage *address, socklen_t *length)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    int code = getaddrinfo(host, service, &hints, &found);
    if (code != 0)
        return code;
    memcpy(address, found->ai_addr, found->ai_addrlen);
    *length = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

static int bind_origin(int fd, const struct sockaddr_storage *address, uint32_t origin)
{
    const struct sockaddr_in *target = (const struct sockaddr_in *)address;
    if (origin == 0 || address->ss_family != AF_INET || ntohl(target->sin_addr.s_addr) >> 24 != 127)
        return 0;
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + origin)};
    int on = 1;
    /* The port is chosen by connect, which knows more of them to be free. */
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    return bind(fd, (struct sockaddr *)&from, sizeof from);
}

int clinux_connect(const struct sockaddr_storage *address, socklen_t length, uint32_t origin, int receive_bytes)
{
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (receive_bytes > 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    if (bind_origin(fd, address, origin) == 0 &&
        (connect(fd, (const struct sockaddr *)address, length) == 0 || errno == EINPROGRESS))
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

int clinux_timer(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC); }

int clinux_timer_set(int fd, uint64_t monotonic_nanoseconds)
{
    struct itimerspec time = {.it_value.tv_sec = (time_t)(monotonic_nanoseconds / 1000000000u),
                              .it_value.tv_nsec = (long)(monotonic_nanoseconds % 1000000000u)};
    return timerfd_settime(fd, TFD_TIMER_ABSTIME, &time, NULL);
}

void clinux_random(void *bytes, size_t count)
{
    unsigned char *at = bytes;
    while (count) {
        ssize_t n = getrandom(at, count, 0);
        if (n < 0 && errno != EINTR)
            abort();
        if (n > 0) {
            at += n;
            count -= (size_t)n;
        }
    }
}

static uint64_t read_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t clinux_monotonic_nanoseconds(void) { return read_clock(CLOCK_MONOTONIC); }

uint64_t clinux_realtime_nanoseconds(void) { return read_clock(CLOCK_REALTIME); }

void clinux_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

void clinux_keep_freed_memory(size_t kept_bytes) {
    /* glibc's own ceiling for its threshold; setting one stops it from adapting both. */
    int kept = kept_bytes > (32 << 20) ? (32 << 20) : (int)kept_bytes;
    mallopt(M_MMAP_THRESHOLD, kept);
    mallopt(M_TRIM_THRESHOLD, kept);
    mallopt(M_TOP_PAD, 256 * 1024);
}

int clinux_cpu_count(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
}

const char *clinux_environment(size_t index) { return environ ? environ[index] : NULL; }

long clinux_raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return 1024;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur > 1 << 30 ? 1 << 30 : (long)limit.rlim_cur;
}

void clinux_forbid_core_dumps(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

int clinux_signalfd(const int *signals, int count)
{
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++)
        sigaddset(&set, signals[i]);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL))
        return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int clinux_signalfd_read(int fd)
{
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

void clinux_ignore_write_signals(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

void clinux_open_standard_streams(void)
{
    int fd;
    /* open takes the lowest number that is free. */
    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

bool clinux_write_without_waiting(int fd, const void *bytes, size_t count)
{
    const char *rest = bytes;
    while (count > 0) {
        struct pollfd polled = {.fd = fd, .events = POLLOUT};
        if (poll(&polled, 1, 0) != 1 || !(polled.revents & POLLOUT))
            return false;
        ssize_t written = write(fd, rest, count < PIPE_BUF ? count : PIPE_BUF);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        rest += written;
        count -= (size_t)written;
    }
    return true;
}

void clinux_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof address.sun_path)
        return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@')
        address.sun_path[0] = 0;
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, length);
    (void)sent; /* nobody could be told */
    close(fd);
}

const void *clinux_memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length)
{
    return memmem(haystack, haystack_length, needle, needle_length);
}

int clinux_column_width(uint32_t scalar) { return wcwidth((wchar_t)scalar); }
