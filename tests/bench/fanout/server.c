// The limit: an epoll loop that sends one prebuilt frame to every connection with send(), once for each line that is
// said. Takes any handshake. usage: server BYTES; prints its port.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 20000
#define MOMENT_DIGITS 16

static const char ANSWER[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
static int sockets[MOST], socket_count;
static uint8_t is_upgraded[MOST];
static uint8_t frame[70000];
static size_t frame_length, moment_at;

static void build_frame(size_t bytes) {
    size_t payload = bytes - 4;
    frame[0] = 0x81;
    frame[1] = 126;
    frame[2] = (uint8_t)(payload >> 8);
    frame[3] = (uint8_t)payload;
    memset(frame + 4, 'x', payload);
    memcpy(frame + 4, "{\"text\":\"T", 10);
    moment_at = 14;
    frame_length = bytes;
}

// The line comes masked; the moment in it is carried over into the frame, which is the same for all.
static void say(uint8_t *data, size_t have) {
    size_t at = 0;
    while (have - at >= 6) {
        size_t length = data[at + 1] & 0x7f, width = 2;
        if (length == 126) {
            width = 4;
            length = (size_t)data[at + 2] << 8 | data[at + 3];
        }
        if (have - at < width + 4 + length) return;
        uint8_t *mask = data + at + width, *payload = mask + 4;
        for (size_t i = 0; i < length; i++) payload[i] ^= mask[i & 3];
        uint8_t *found = memmem(payload, length, "T", 1);
        if ((data[at] & 0x0f) == 1 && found && found + 1 + MOMENT_DIGITS <= payload + length) {
            memcpy(frame + moment_at, found + 1, MOMENT_DIGITS);
            for (int i = 0; i < socket_count; i++) {
                if (send(sockets[i], frame, frame_length, MSG_NOSIGNAL) < 0 && errno != EAGAIN) exit(1);
            }
        }
        at += width + 4 + length;
    }
}

int main(int count, char **words) {
    build_frame(count > 1 ? strtoul(words[1], NULL, 10) : 318);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024)) return 1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    int poll_fd = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = MOST};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event events[512];
        int ready = epoll_wait(poll_fd, events, 512, -1);
        for (int i = 0; i < ready; i++) {
            uint32_t index = events[i].data.u32;
            if (index == MOST) {
                int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                if (fd < 0 || socket_count == MOST) continue;
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                event.data.u32 = (uint32_t)socket_count;
                sockets[socket_count++] = fd;
                epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
                continue;
            }
            static uint8_t data[65536];
            ssize_t got = recv(sockets[index], data, sizeof data, 0);
            if (got <= 0) exit(0);
            if (is_upgraded[index]) {
                say(data, (size_t)got);
            } else {
                is_upgraded[index] = 1;
                send(sockets[index], ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL);
            }
        }
    }
}
