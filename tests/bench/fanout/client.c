// Viewers of one room: opens N WebSocket connections, has one of them say a line, and waits until everybody has it.
//
// usage: client PORT VIEWERS EVENTS MODE VALUE REQUEST_FILE SAY_FILE MARK
//   MODE  window: VALUE events outstanding at most;  rate: VALUE events a second;  idle: hold the connections until a
//         line comes on stdin
//   REQUEST_FILE  the HTTP request of the handshake
//   SAY_FILE      the text of the frame that says a line; `@@@@@@@@@@@@@@@@` in it becomes the moment (16 digits, ns)
//   MARK          what stands before the moment in the frame that arrives
//
// Prints `open` when all are in and nothing has come for a moment, waits for a line on stdin, runs, prints one JSON
// line. Frames from a server are not masked; those of a client are.
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
#include <time.h>
#include <unistd.h>

#define MOMENT "@@@@@@@@@@@@@@@@"
#define MOMENT_DIGITS 16

typedef struct {
    int fd;
    int upgraded;
    size_t have, room;
    uint8_t *data;
} Viewer;

static Viewer *viewers;
static int viewer_count, opened, poll_fd;
static char *mark;
static size_t mark_length;
static long long *delays;
static size_t delay_count, delay_room;
static long long bytes_in;
static char request[16384], say[16384];
static size_t request_length, say_length;

static long long now_ns(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return moment.tv_sec * 1000000000LL + moment.tv_nsec;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static size_t read_file(const char *path, char *into, size_t most) {
    FILE *file = fopen(path, "rb");
    if (!file) die(path);
    size_t length = fread(into, 1, most - 1, file);
    into[length] = 0;
    fclose(file);
    return length;
}

static void send_all(int fd, const void *data, size_t length) {
    const char *rest = data;
    while (length) {
        ssize_t sent = send(fd, rest, length, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (sent <= 0) die("send");
        rest += sent;
        length -= (size_t)sent;
    }
}

static void say_line(Viewer *viewer) {
    static uint8_t frame[16400];
    char text[16384];
    memcpy(text, say, say_length + 1);
    char *at = strstr(text, MOMENT);
    if (!at) die("the frame has no place for the moment");
    char digits[MOMENT_DIGITS + 1];
    snprintf(digits, sizeof digits, "%016lld", now_ns());
    memcpy(at, digits, MOMENT_DIGITS);
    size_t head = 0;
    frame[head++] = 0x81;
    if (say_length < 126) {
        frame[head++] = 0x80 | (uint8_t)say_length;
    } else {
        frame[head++] = 0x80 | 126;
        frame[head++] = (uint8_t)(say_length >> 8);
        frame[head++] = (uint8_t)say_length;
    }
    const uint8_t mask[4] = {1, 2, 3, 4};
    memcpy(frame + head, mask, 4);
    head += 4;
    for (size_t i = 0; i < say_length; i++) frame[head + i] = (uint8_t)text[i] ^ mask[i & 3];
    send_all(viewer->fd, frame, head + say_length);
}

static void take_frame(const uint8_t *payload, size_t length) {
    const uint8_t *found = memmem(payload, length, mark, mark_length);
    if (!found || found + mark_length + MOMENT_DIGITS > payload + length) return;
    char digits[MOMENT_DIGITS + 1];
    memcpy(digits, found + mark_length, MOMENT_DIGITS);
    digits[MOMENT_DIGITS] = 0;
    if (delay_count == delay_room) {
        delay_room = delay_room ? delay_room * 2 : 1 << 16;
        delays = realloc(delays, delay_room * sizeof *delays);
    }
    delays[delay_count++] = now_ns() - atoll(digits);
}

static void answer_ping(Viewer *viewer, const uint8_t *payload, size_t length) {
    uint8_t frame[140] = {0x8a, 0x80 | (uint8_t)length, 0, 0, 0, 0};
    memcpy(frame + 6, payload, length);
    send_all(viewer->fd, frame, 6 + length);
}

static size_t take_frames(Viewer *viewer) {
    size_t at = 0;
    while (viewer->have - at >= 2) {
        uint8_t *head = viewer->data + at;
        size_t width = 2, length = head[1] & 0x7f;
        if (length == 126) width = 4;
        if (length == 127) width = 10;
        if (viewer->have - at < width) break;
        if (width > 2) {
            length = 0;
            for (size_t i = 2; i < width; i++) length = length << 8 | head[i];
        }
        if (viewer->have - at < width + length) break;
        if ((head[0] & 0x0f) == 1) take_frame(head + width, length);
        if ((head[0] & 0x0f) == 9 && length < 126) answer_ping(viewer, head + width, length);
        if ((head[0] & 0x0f) == 8) {
            fprintf(stderr, "the server closed: %d\n", head[width] << 8 | head[width + 1]);
            exit(1);
        }
        at += width + length;
    }
    return at;
}

static void readable(Viewer *viewer) {
    if (viewer->room - viewer->have < 16384) {
        viewer->room = viewer->have + 65536;
        viewer->data = realloc(viewer->data, viewer->room);
    }
    ssize_t got = recv(viewer->fd, viewer->data + viewer->have, viewer->room - viewer->have, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) die("the server hung up");
    viewer->have += (size_t)got;
    bytes_in += got;
    size_t used = 0;
    if (!viewer->upgraded) {
        uint8_t *end = memmem(viewer->data, viewer->have, "\r\n\r\n", 4);
        if (!end) return;
        if (memcmp(viewer->data, "HTTP/1.1 101", 12) != 0) {
            fprintf(stderr, "refused: %.*s\n", (int)viewer->have, viewer->data);
            exit(1);
        }
        viewer->upgraded = 1;
        opened++;
        used = (size_t)(end + 4 - viewer->data);
        memmove(viewer->data, viewer->data + used, viewer->have -= used);
    }
    used = take_frames(viewer);
    memmove(viewer->data, viewer->data + used, viewer->have -= used);
    if (!viewer->have) {
        free(viewer->data);
        viewer->data = NULL;
        viewer->room = 0;
    }
}

// Handles what there is; waits at most so long. Gives how many sockets were readable.
static int turn(int wait_ms) {
    struct epoll_event events[512];
    int count = epoll_wait(poll_fd, events, 512, wait_ms);
    for (int i = 0; i < count; i++) readable(&viewers[events[i].data.u32]);
    return count;
}

static void connect_all(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    for (int i = 0; i < viewer_count; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) die("connect");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        fcntl(fd, F_SETFL, O_NONBLOCK);
        viewers[i].fd = fd;
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
        send_all(fd, request, request_length);
        while (opened < i - 20) turn(1000);
    }
    while (opened < viewer_count) turn(1000);
    while (turn(500)) continue;  // welcomes and arrivals
}

static int by_size(const void *a, const void *b) {
    long long x = *(const long long *)a, y = *(const long long *)b;
    return (x > y) - (x < y);
}

static void run_window(long events, long window) {
    for (long said = 0; said < events;) {
        while (said < events && (said - window + 1) * viewer_count <= (long)delay_count) {
            say_line(&viewers[0]);
            said++;
        }
        turn(1000);
    }
}

static void run_rate(long events, double rate) {
    long long start = now_ns();
    for (long said = 0; said < events;) {
        long long due = start + (long long)((double)said * 1e9 / rate), left = due - now_ns();
        if (left > 0) {
            turn((int)(left / 1000000) + (left % 1000000 > 0));
            continue;
        }
        say_line(&viewers[0]);
        said++;
    }
}

int main(int count, char **words) {
    if (count != 9) return fprintf(stderr, "usage: see the source\n"), 2;
    viewer_count = atoi(words[2]);
    long events = atol(words[3]);
    const char *mode = words[4];
    request_length = read_file(words[6], request, sizeof request);
    say_length = read_file(words[7], say, sizeof say);
    mark = words[8];
    mark_length = strlen(mark);
    viewers = calloc((size_t)viewer_count, sizeof *viewers);
    poll_fd = epoll_create1(0);
    connect_all(atoi(words[1]));
    printf("open\n");
    fflush(stdout);
    char line[16];
    if (!fgets(line, sizeof line, stdin) || !strcmp(mode, "idle")) return 0;
    bytes_in = 0;
    long long start = now_ns();
    if (!strcmp(mode, "window")) run_window(events, atol(words[5]));
    else run_rate(events, atof(words[5]));
    long long patience = now_ns() + 10000000000LL;
    while ((long)delay_count < events * viewer_count && now_ns() < patience) turn(100);
    double seconds = (double)(now_ns() - start) / 1e9;
    qsort(delays, delay_count, sizeof *delays, by_size);
    printf("{\"deliveries\": %zu, \"seconds\": %.4f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"bytes\": %.1f}\n", delay_count,
           seconds, (double)delays[delay_count / 2] / 1e6, (double)delays[delay_count * 99 / 100] / 1e6,
           (double)bytes_in / (double)delay_count);
    return 0;
}
