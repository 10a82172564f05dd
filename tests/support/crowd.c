// Viewers by the thousand over the real protocol, in one thread. Driven by tests/support/crowd.py.
//
// usage: crowd PORT PLAN MARK greeted|silent
//   PLAN  a file with a line for each viewer: `ROOM PATH [TOKEN]`, ROOM being a number from 0 on
//   MARK  what stands before the moment in the frame that arrives
//   silent: a server that says nothing of its own accord; whoever is let in is in
//
// Takes commands from stdin, one a line, and answers each with one line of JSON:
//   text TEXT                            the frame that is said from now on; `@@@@@@@@@@@@@@@@` in it becomes the
//                                        moment (16 digits, ns); without it nothing is expected back
//   open FIRST COUNT AT_ONCE             come in, so many handshakes at once; answered when all have their first frame
//   rate SECONDS PER_SECOND FIRST STEP COUNT   say so many lines a second, spoken in turn by COUNT viewers
//   rounds EVENTS AT_ONCE                so many viewers say a line at once; again when everybody has heard them all
//   wait SECONDS                         only read
//   stop VIEWER · go VIEWER              read nothing any more · read again; its delays count no more
//   drop FIRST COUNT                     hang up without a word
//   beat MS                              each viewer sends time.ping and playback.report in turn, this often; 0: never
// Frames from a server are not masked; those of a client are.
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
#define STDIN_KEY UINT32_MAX
#define SECOND 1000000000LL
#define PATIENCE (10 * SECOND)
#define ENTRY_PATIENCE (60 * SECOND)
#define CODES 5000
#define NO_CODE 1006

enum { OUT, ENTERING, UPGRADED, IN };

typedef struct {
    int fd, state, room, is_apart, is_stopped;
    long long asked_at, welcomed_after, seq;
    char *path, *token;
    uint8_t *rest;
    size_t rest_length;
} Viewer;

typedef struct {
    long long *values;
    size_t count, room;
} Series;

static Viewer *viewers;
static int is_silent, viewer_count, room_count, *reading_in, entering, poll_fd, port;
static const char *mark;
static size_t mark_length;
static char say[16384], refusal[512];
static size_t say_length;
static Series delays;
static long long said, expected, bytes_in, frames_in, presence_frames, gaps, errors, refused;
static long long closes[CODES];
static long long beat_ns, beaten_at;
static int next_beat, is_report;
static char commands[65536];
static size_t commands_length;

static long long now_ns(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return moment.tv_sec * SECOND + moment.tv_nsec;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void add(Series *series, long long value) {
    if (series->count == series->room) {
        series->room = series->room ? series->room * 2 : 1 << 16;
        series->values = realloc(series->values, series->room * sizeof *series->values);
    }
    series->values[series->count++] = value;
}

static int by_size(const void *a, const void *b) {
    long long x = *(const long long *)a, y = *(const long long *)b;
    return (x > y) - (x < y);
}

static double quantile_ms(const Series *sorted, double share) {
    if (!sorted->count) return 0;
    size_t at = (size_t)(share * (double)(sorted->count - 1) + 0.5);
    return (double)sorted->values[at] / 1e6;
}

// ---- one connection

static void set_reading(Viewer *viewer, int change) {
    if (!viewer->is_apart) reading_in[viewer->room] += change;
}

static void hang_up(Viewer *viewer, int code) {
    if (viewer->state == IN) set_reading(viewer, -1);
    if (viewer->state == ENTERING || viewer->state == UPGRADED) entering--;
    if (code) closes[code >= 0 && code < CODES ? code : NO_CODE]++;
    close(viewer->fd);
    free(viewer->rest);
    viewer->rest = NULL;
    viewer->rest_length = 0;
    viewer->state = OUT;
    viewer->is_apart = viewer->is_stopped = 0;
}

static void send_all(Viewer *viewer, const void *data, size_t length) {
    const char *rest = data;
    while (length) {
        ssize_t sent = send(viewer->fd, rest, length, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (sent <= 0) return;  // gone: reading will tell
        rest += sent;
        length -= (size_t)sent;
    }
}

static void send_frame(Viewer *viewer, int opcode, const uint8_t *payload, size_t length) {
    static uint8_t frame[16400];
    static const uint8_t mask[4] = {1, 2, 3, 4};
    size_t head = 0;
    frame[head++] = (uint8_t)(0x80 | opcode);
    if (length < 126) {
        frame[head++] = 0x80 | (uint8_t)length;
    } else {
        frame[head++] = 0x80 | 126;
        frame[head++] = (uint8_t)(length >> 8);
        frame[head++] = (uint8_t)length;
    }
    memcpy(frame + head, mask, 4);
    head += 4;
    for (size_t i = 0; i < length; i++) frame[head + i] = payload[i] ^ mask[i & 3];
    send_all(viewer, frame, head + length);
}

static void say_line(Viewer *viewer) {
    char text[sizeof say];
    memcpy(text, say, say_length + 1);
    char *at = strstr(text, MOMENT);
    if (at) {
        char digits[MOMENT_DIGITS + 1];
        snprintf(digits, sizeof digits, "%016lld", now_ns());
        memcpy(at, digits, MOMENT_DIGITS);
        expected += reading_in[viewer->room];
    }
    said++;
    send_frame(viewer, 1, (uint8_t *)text, say_length);
}

static long long number_at(const uint8_t *payload, size_t length, size_t at) {
    long long number = 0;
    while (at < length && payload[at] >= '0' && payload[at] <= '9') number = number * 10 + payload[at++] - '0';
    return number;
}

// A numbered event begins with its number; the welcome has the number of the last one.
static void take_number(Viewer *viewer, const uint8_t *payload, size_t length) {
    static const char event[] = "{\"seq\":", head[] = "\"seq\":", presence[] = ",\"type\":\"member.";
    if (is_silent) return;
    if (length > sizeof event && !memcmp(payload, event, sizeof event - 1)) {
        long long seq = number_at(payload, length, sizeof event - 1);
        if (viewer->seq >= 0 && seq != viewer->seq + 1) gaps++;
        viewer->seq = seq;
        size_t window = length < 64 ? length : 64;
        if (memmem(payload, window, presence, sizeof presence - 1)) presence_frames++;
    } else if (viewer->state == UPGRADED) {
        uint8_t *found = memmem(payload, length, head, sizeof head - 1);
        viewer->seq = found ? number_at(payload, length, (size_t)(found - payload) + sizeof head - 1) : -1;
    }
}

static void come_in(Viewer *viewer) {
    viewer->state = IN;
    viewer->welcomed_after = now_ns() - viewer->asked_at;
    entering--;
    set_reading(viewer, 1);
}

static void take_text(Viewer *viewer, const uint8_t *payload, size_t length) {
    static const char error[] = "{\"type\":\"error\"";
    frames_in++;
    take_number(viewer, payload, length);
    if (length > sizeof error && !memcmp(payload, error, sizeof error - 1)) {
        if (!errors++) snprintf(refusal, sizeof refusal, "%.*s", (int)length, payload);
    }
    if (viewer->state == UPGRADED) come_in(viewer);
    const uint8_t *found = memmem(payload, length, mark, mark_length);
    if (viewer->is_apart || !found || found + mark_length + MOMENT_DIGITS > payload + length) return;
    add(&delays, now_ns() - number_at(payload, length, (size_t)(found - payload) + mark_length));
}

// Gives how much of the data is used; -1 when the server closes.
static ssize_t take_frames(Viewer *viewer, const uint8_t *data, size_t have) {
    size_t at = 0;
    while (have - at >= 2) {
        const uint8_t *head = data + at;
        size_t width = 2, length = head[1] & 0x7f;
        if (length == 126) width = 4;
        if (length == 127) width = 10;
        if (have - at < width) break;
        if (width > 2) {
            length = 0;
            for (size_t i = 2; i < width; i++) length = length << 8 | head[i];
        }
        if (have - at < width + length) break;
        int opcode = head[0] & 0x0f;
        if (opcode == 1) take_text(viewer, head + width, length);
        if (opcode == 9 && length < 126) send_frame(viewer, 10, head + width, length);
        if (opcode == 8) {
            hang_up(viewer, length >= 2 ? head[width] << 8 | head[width + 1] : NO_CODE);
            return -1;
        }
        at += width + length;
    }
    return (ssize_t)at;
}

// Gives where the frames begin; 0 while the answer is not whole, -1 when the server refuses.
static ssize_t take_answer(Viewer *viewer, const uint8_t *data, size_t have) {
    const uint8_t *end = memmem(data, have, "\r\n\r\n", 4);
    if (!end) return 0;
    if (memcmp(data, "HTTP/1.1 101", 12) != 0) {
        const char *body = (const char *)end + 4;
        int body_length = (int)(data + have - (end + 4));
        if (!refused++) snprintf(refusal, sizeof refusal, "%.12s %.*s", data, body_length, body);
        hang_up(viewer, 0);
        return -1;
    }
    viewer->state = UPGRADED;
    if (is_silent) come_in(viewer);
    return end + 4 - data;
}

static void readable(Viewer *viewer) {
    static uint8_t data[1 << 22];
    size_t have = viewer->rest_length;
    if (have) memcpy(data, viewer->rest, have);
    ssize_t got = recv(viewer->fd, data + have, sizeof data - have, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        hang_up(viewer, NO_CODE);
        return;
    }
    have += (size_t)got;
    bytes_in += got;
    ssize_t start = 0, used = 0;
    if (viewer->state == ENTERING) start = take_answer(viewer, data, have);
    if (start < 0) return;
    if (viewer->state != ENTERING) used = take_frames(viewer, data + start, have - (size_t)start);
    if (used < 0) return;
    size_t at = (size_t)(start + used);
    free(viewer->rest);
    viewer->rest_length = have - at;
    viewer->rest = viewer->rest_length ? memcpy(malloc(have - at), data + at, have - at) : NULL;
}

static void ask(Viewer *viewer) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1;
    viewer->asked_at = now_ns();
    viewer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (viewer->fd < 0) die("socket");
    if (connect(viewer->fd, (struct sockaddr *)&address, sizeof address)) die("connect");
    setsockopt(viewer->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(viewer->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)(viewer - viewers)};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, viewer->fd, &event);
    char request[8192];
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                          "Sec-WebSocket-Protocol: synctv.v1\r\n%s%s%s\r\n",
                          viewer->path, port, viewer->token ? "Authorization: Bearer " : "",
                          viewer->token ? viewer->token : "", viewer->token ? "\r\n" : "");
    viewer->state = ENTERING;
    entering++;
    send_all(viewer, request, (size_t)length);
}

// ---- time

static void beat(void) {
    static const char ping[] = "{\"type\":\"time.ping\",\"t0\":1,\"rtt_ms\":1}";
    static const char report[] = "{\"type\":\"playback.report\",\"position\":0,\"playing\":false,\"buffering\":false,"
                                 "\"revision\":0}";
    if (!beat_ns) return;
    long long now = now_ns(), each = beat_ns / viewer_count + 1;
    for (; beaten_at + each <= now; beaten_at += each) {
        Viewer *viewer = &viewers[next_beat];
        if (viewer->state == IN && !viewer->is_stopped) {
            if (is_report) send_frame(viewer, 1, (const uint8_t *)report, sizeof report - 1);
            else send_frame(viewer, 1, (const uint8_t *)ping, sizeof ping - 1);
        }
        if (++next_beat == viewer_count) {
            next_beat = 0;
            is_report = !is_report;
        }
    }
}

static void take_input(void) {
    ssize_t got = read(0, commands + commands_length, sizeof commands - commands_length - 1);
    if (got <= 0) exit(0);
    commands_length += (size_t)got;
    commands[commands_length] = 0;
}

// Handles what there is; waits at most so long. Gives how many sockets were readable.
static int turn(long long wait_ns) {
    struct epoll_event events[512];
    if (beat_ns && wait_ns > 10000000) wait_ns = 10000000;
    int wait_ms = wait_ns <= 0 ? 0 : (int)((wait_ns + 999999) / 1000000), heard = 0;
    int count = epoll_wait(poll_fd, events, 512, wait_ms);
    for (int i = 0; i < count; i++) {
        if (events[i].data.u32 == STDIN_KEY) {
            take_input();
        } else if (viewers[events[i].data.u32].state != OUT) {
            readable(&viewers[events[i].data.u32]);
            heard++;
        }
    }
    beat();
    return heard;
}

static void serve_until(long long moment) {
    for (long long left; (left = moment - now_ns()) > 0;) turn(left);
}

static void await_deliveries(void) {
    long long patience = now_ns() + PATIENCE;
    while ((long long)delays.count < expected && now_ns() < patience) turn(SECOND / 10);
}

// ---- answers

static void begin(void) {
    delays.count = 0;
    said = expected = bytes_in = frames_in = presence_frames = gaps = errors = refused = 0;
    refusal[0] = 0;
}

static void print_text(const char *name, const char *text) {
    printf(", \"%s\": \"", name);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') putchar('\\');
        putchar((unsigned char)*text < ' ' ? ' ' : *text);
    }
    putchar('"');
}

static void print_series(const char *name, Series *series) {
    qsort(series->values, series->count, sizeof *series->values, by_size);
    printf(", \"%s\": [", name);
    for (int percent = 0; percent <= 100; percent++) {
        printf("%s%.3f", percent ? ", " : "", quantile_ms(series, percent / 100.0));
    }
    printf("]");
}

static void print_answer(double seconds, const char *name, Series *series) {
    int open = 0;
    for (int i = 0; i < viewer_count; i++) open += viewers[i].state == IN;
    printf("{\"open\": %d, \"seconds\": %.4f, \"said\": %lld, \"expected\": %lld, \"deliveries\": %zu, \"frames\": %lld, "
           "\"presence_frames\": %lld, \"bytes\": %lld, \"gaps\": %lld, \"errors\": %lld, \"refused\": %lld",
           open, seconds, said, expected, delays.count, frames_in, presence_frames, bytes_in, gaps, errors, refused);
    print_series(name, series);
    print_text("refusal", refusal);
    printf(", \"closed\": {");
    const char *comma = "";
    for (int code = 0; code < CODES; code++) {
        if (!closes[code]) continue;
        printf("%s\"%d\": %lld", comma, code, closes[code]);
        comma = ", ";
    }
    printf("}}\n");
    fflush(stdout);
}

// ---- commands

static void open_viewers(int first, int count, int at_once) {
    Series entries = {0};
    long long start = now_ns(), patience = start + ENTRY_PATIENCE;
    for (int i = first; i < first + count; i++) {
        if (viewers[i].state == OUT) ask(&viewers[i]);
        while (entering >= at_once && now_ns() < patience) turn(SECOND / 10);
    }
    while (entering && now_ns() < patience) turn(SECOND / 10);
    double seconds = (double)(now_ns() - start) / 1e9;
    for (int i = first; i < first + count; i++) {
        if (viewers[i].state == IN) add(&entries, viewers[i].welcomed_after);
    }
    print_answer(seconds, "entry_ms", &entries);
    free(entries.values);
}

static void say_at_rate(double seconds, double rate, int first, int step, int count) {
    long long start = now_ns(), lines = (long long)(seconds * rate);
    for (long long i = 0; i < lines; i++) {
        serve_until(start + (long long)((double)i * 1e9 / rate));
        Viewer *speaker = &viewers[first + step * (int)(i % count)];
        if (speaker->state == IN) say_line(speaker);
    }
    serve_until(start + (long long)(seconds * 1e9));
    double took = (double)(now_ns() - start) / 1e9;
    await_deliveries();
    print_answer(took, "delay_ms", &delays);
}

static void say_in_rounds(long long events, long long at_once) {
    long long start = now_ns(), patience = start + 120 * SECOND;
    while (said < events && now_ns() < patience) {
        if (said * reading_in[viewers[0].room] <= (long long)delays.count) {
            for (long long i = 0; i < at_once && said < events; i++) say_line(&viewers[i]);
        }
        turn(SECOND);
    }
    await_deliveries();
    print_answer((double)(now_ns() - start) / 1e9, "delay_ms", &delays);
}

static void set_stopped(Viewer *viewer, int is_stopped) {
    int small = 4096;
    struct epoll_event event = {.events = is_stopped ? 0 : EPOLLIN, .data.u32 = (uint32_t)(viewer - viewers)};
    if (viewer->state == IN && is_stopped) {
        set_reading(viewer, -1);
        setsockopt(viewer->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        viewer->is_apart = 1;
    }
    viewer->is_stopped = is_stopped;
    if (viewer->state != OUT) epoll_ctl(poll_fd, EPOLL_CTL_MOD, viewer->fd, &event);
}

static void carry_out(const char *line) {
    double a = 0, b = 0;
    int first = 0, step = 0, count = 0, used = 0;
    begin();
    long long start = now_ns();
    if (sscanf(line, "rate %lf %lf %d %d %d", &a, &b, &first, &step, &count) == 5) {
        say_at_rate(a, b, first, step, count);
        return;
    }
    if (sscanf(line, "open %d %d %d", &first, &count, &step) == 3) {
        open_viewers(first, count, step);
        return;
    }
    if (sscanf(line, "rounds %lf %lf", &a, &b) == 2) {
        say_in_rounds((long long)a, (long long)b);
        return;
    }
    if (sscanf(line, "wait %lf", &a) == 1) serve_until(start + (long long)(a * 1e9));
    else if (sscanf(line, "stop %d", &first) == 1) set_stopped(&viewers[first], 1);
    else if (sscanf(line, "go %d", &first) == 1) set_stopped(&viewers[first], 0);
    else if (sscanf(line, "beat %lf", &a) == 1) beat_ns = (long long)(a * 1e6), beaten_at = start;
    else if (sscanf(line, "drop %d %d", &first, &count) == 2) {
        for (int i = first; i < first + count; i++) {
            if (viewers[i].state != OUT) hang_up(&viewers[i], 0);
        }
    } else if (sscanf(line, "text %n", &used) == 0 && used == 5) {
        say_length = (size_t)snprintf(say, sizeof say, "%s", line + used);
    } else {
        fprintf(stderr, "no such command: %s\n", line);
        exit(2);
    }
    print_answer((double)(now_ns() - start) / 1e9, "delay_ms", &delays);
}

static void read_plan(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) die(path);
    char line[8192], where[4096], token[4096];
    int room;
    while (fgets(line, sizeof line, file)) {
        token[0] = 0;
        if (sscanf(line, "%d %4095s %4095s", &room, where, token) < 2) continue;
        viewers = realloc(viewers, (size_t)(viewer_count + 1) * sizeof *viewers);
        viewers[viewer_count++] = (Viewer){.room = room, .path = strdup(where), .token = *token ? strdup(token) : NULL};
        if (room >= room_count) room_count = room + 1;
    }
    fclose(file);
    reading_in = calloc((size_t)room_count + 1, sizeof *reading_in);
}

int main(int count, char **words) {
    if (count != 5) return fprintf(stderr, "usage: see the source\n"), 2;
    port = atoi(words[1]);
    read_plan(words[2]);
    mark = words[3];
    is_silent = !strcmp(words[4], "silent");
    mark_length = strlen(mark);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = STDIN_KEY};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, 0, &event);
    for (;;) {
        char *end;
        while (!(end = strchr(commands, '\n'))) turn(SECOND);
        char line[sizeof say];
        size_t length = (size_t)(end - commands);
        snprintf(line, sizeof line, "%.*s", (int)length, commands);
        commands_length -= length + 1;
        memmove(commands, end + 1, commands_length + 1);
        carry_out(line);
    }
}
