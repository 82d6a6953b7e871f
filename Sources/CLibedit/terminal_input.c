// Reading the terminal for the line editor: a poll on standard input and on a pipe that signal
// handlers write to, so that a new window size or a return from the shell takes effect at once,
// whichever thread gets the signal. Also the handling of SIGINT between reads.
#define _GNU_SOURCE
#include "line_editor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

static int wake[2] = {-1, -1};
static struct termios before_reading;
static volatile sig_atomic_t is_reading;
static struct sigaction old_resize, old_continue, old_terminate, old_hangup;

static void wake_up(int signal_number) {
    int saved = errno;
    char note = signal_number == SIGCONT ? 'c' : 'r';
    if (wake[1] >= 0) {
        ssize_t written = write(wake[1], &note, 1);
        (void)written;
    }
    errno = saved;
}

/// Restores the terminal before the signal ends the process.
static void die(int signal_number) {
    if (is_reading) {
        static const char off[] = "\033[?2004l\r\n";
        tcsetattr(STDIN_FILENO, TCSANOW, &before_reading);
        ssize_t written = write(STDOUT_FILENO, off, sizeof off - 1);
        (void)written;
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void handle(int signal_number, void (*handler)(int), struct sigaction *old) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, old);
}

void terminal_input_open(LineEditor *editor) {
    (void)editor;
    if (pipe2(wake, O_NONBLOCK | O_CLOEXEC) != 0) wake[0] = wake[1] = -1;
    handle(SIGWINCH, wake_up, &old_resize);
    handle(SIGCONT, wake_up, &old_continue);
    handle(SIGTERM, die, &old_terminate);
    handle(SIGHUP, die, &old_hangup);
}

void terminal_input_close(LineEditor *editor) {
    (void)editor;
    sigaction(SIGWINCH, &old_resize, NULL);
    sigaction(SIGCONT, &old_continue, NULL);
    sigaction(SIGTERM, &old_terminate, NULL);
    sigaction(SIGHUP, &old_hangup, NULL);
    int ends[2] = {wake[0], wake[1]};
    wake[0] = wake[1] = -1;
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= 0) close(ends[i]);
    }
}

void terminal_input_begin(LineEditor *editor) {
    terminal_input_settle(editor);
    is_reading = 0;
    if (tcgetattr(STDIN_FILENO, &before_reading) == 0) is_reading = 1;
}

void terminal_input_end(LineEditor *editor) {
    (void)editor;
    is_reading = 0;
}

/// Reads what the handlers wrote; returns whether one of the notes was `note`.
static bool settle(char note) {
    char notes[64];
    ssize_t count;
    bool found = false;
    while (wake[0] >= 0 && (count = read(wake[0], notes, sizeof notes)) > 0) {
        if (memchr(notes, note, (size_t)count)) found = true;
    }
    return found;
}

void terminal_input_settle(LineEditor *editor) {
    (void)editor;
    settle('c');
}

/// Advances by one character, over rows of `columns` cells.
static void advance(wchar_t c, int columns, int *row, int *column) {
    if (c == L'\n') {
        *row += 1;
        *column = 0;
        return;
    }
    int width = c == L'\t' ? 8 - *column % 8 : c < 32 || c == 127 ? 2 : wcwidth(c);
    if (width < 0) width = 1;
    if (*column + width > columns) {
        *row += 1;
        *column = 0;
    }
    *column += width;
}

static void advance_prompt(LineEditor *editor, int columns, int *row, int *column) {
    bool is_hidden = false;
    for (const char *c = editor->prompt; *c; c++) {
        if (*c == '\1') is_hidden = !is_hidden;
        else if (!is_hidden) advance((unsigned char)*c, columns, row, column);
    }
}

int terminal_input_rows(LineEditor *editor, const char *text) {
    int columns, rows, row = 0, column = 0;
    line_terminal_size(&columns, &rows);
    advance_prompt(editor, columns, &row, &column);
    mbstate_t state;
    memset(&state, 0, sizeof state);
    while (*text) {
        wchar_t c;
        size_t count = mbrtowc(&c, text, 4, &state);
        if (count == 0 || count > 4) {
            // An invalid byte is shown as one cell.
            memset(&state, 0, sizeof state);
            c = L'?';
            count = 1;
        }
        advance(c, columns, &row, &column);
        text += count;
    }
    return row + (column == columns ? 2 : 1);
}

/// Draws the line again after the window has changed. The terminal has wrapped the old text to
/// its new width, so the row of the cursor is computed for that width.
static void redraw(LineEditor *editor) {
    int columns, rows, row = 0, column = 0;
    line_terminal_size(&columns, &rows);
    editor->is_torn = true;
    advance_prompt(editor, columns, &row, &column);
    const LineInfoW *line = el_wline(editor->edit);
    for (const wchar_t *c = line->buffer; c < line->cursor; c++) advance(*c, columns, &row, &column);
    if (column == columns) row += 1;
    if (row >= rows) row = rows - 1;
    if (row > 0) printf("\033[%dA", row);
    fputs("\r\033[J", stdout);
    fflush(stdout);
    if (terminal_input_has_sane_size()) el_resize(editor->edit);
    el_set(editor->edit, EL_REFRESH);
}

static void answer(LineEditor *editor) {
    if (settle('c')) {
        // The shell may have changed the terminal's mode; libedit assumes that it is raw.
        el_set(editor->edit, EL_PREP_TERM, 0);
        el_set(editor->edit, EL_PREP_TERM, 1);
        fputs("\033[?2004h", stdout);
    }
    redraw(editor);
}

static void (*interrupt_callback)(void *);
static void (*forget_callback)(void *);
static void *interrupt_context;

/// The next byte; -1 at the end of input, -2 if the terminal is gone.
static int next_byte(LineEditor *editor) {
    while (editor->ahead_at == editor->ahead_end) {
        struct pollfd sources[2] = {{STDIN_FILENO, POLLIN, 0}, {wake[0], POLLIN, 0}};
        if (poll(sources, wake[0] >= 0 ? 2 : 1, -1) < 0) {
            if (errno == EINTR) continue;
            return -2;
        }
        if (wake[0] >= 0 && (sources[1].revents & POLLIN)) {
            answer(editor);
            continue;
        }
        if (!sources[0].revents) continue;
        ssize_t count = read(STDIN_FILENO, editor->ahead, sizeof editor->ahead);
        if (count == 0) return -1;
        if (count < 0) {
            if (errno == EINTR || errno == EAGAIN) continue;
            return -2;
        }
        editor->ahead_at = 0;
        editor->ahead_end = (size_t)count;
        // A signal before the key that ends the line is not for the entry.
        if (forget_callback) forget_callback(interrupt_context);
    }
    return editor->ahead[editor->ahead_at++];
}

bool line_editor_takes_interrupt(LineEditor *editor) {
    enum { CTRL_C = 3 };
    if (editor->ahead_at > 0) {
        editor->ahead_end -= editor->ahead_at;
        memmove(editor->ahead, editor->ahead + editor->ahead_at, editor->ahead_end);
        editor->ahead_at = 0;
    }
    // What was typed while the line was read is still in the terminal, as a key.
    const size_t room = sizeof editor->ahead - editor->ahead_end;
    struct pollfd source = {STDIN_FILENO, POLLIN, 0};
    if (room > 0 && poll(&source, 1, 0) > 0 && (source.revents & POLLIN)) {
        const ssize_t count = read(STDIN_FILENO, editor->ahead + editor->ahead_end, room);
        if (count > 0) editor->ahead_end += (size_t)count;
    }
    unsigned char *key = memrchr(editor->ahead, CTRL_C, editor->ahead_end);
    if (!key) return false;
    // As in a terminal, it takes what was typed before it.
    editor->ahead_at = (size_t)(key + 1 - editor->ahead);
    return true;
}

/// Whether a byte comes within a moment: what follows Escape in a key does.
static bool comes_soon(LineEditor *editor) {
    if (editor->ahead_at < editor->ahead_end) return true;
    struct pollfd source = {STDIN_FILENO, POLLIN, 0};
    return poll(&source, 1, 50) > 0;
}

/// Skips the rest of a string from the terminal, such as a late answer to a question: to its end, or to a pause.
static void skip_string(LineEditor *editor) {
    int last = 0;
    while (comes_soon(editor)) {
        int next = next_byte(editor);
        if (next < 0 || next == 7 || (last == 27 && next == '\\')) return;
        last = next;
    }
}

/// Reads the rest of a key that begins with Escape into `rest`; false where the key does nothing. libedit alone
/// would take the end of a sequence that it does not know for typed text.
static bool read_sequence(LineEditor *editor) {
    unsigned char sequence[sizeof editor->rest] = {27};
    size_t length = 1;
    bool is_long = false;
    while (comes_soon(editor)) {
        int next = next_byte(editor);
        if (next < 0) break;
        if (length + 1 < sizeof sequence) sequence[length++] = (unsigned char)next;
        else is_long = true;
        bool is_lead = length == 2 && !is_long && (next == '[' || next == 'O');
        bool is_part = sequence[1] == '[' && (next < 0x40 || next > 0x7e);
        if (!is_lead && !is_part) break;
    }
    // Alt and a letter is a key of its own; with more behind it, it begins a string.
    if (length == 2 && strchr("_P]^X", sequence[1]) && comes_soon(editor)) {
        skip_string(editor);
        return false;
    }
    // Escape alone ends a search and does nothing else.
    if (length == 1) {
        if (!editor->is_searching) return false;
        editor->is_searching = false;
    }
    if (length > 1 && (is_long || !line_editor_has_key((const char *)sequence))) return false;
    memcpy(editor->rest, sequence + 1, length - 1);
    editor->rest_at = 0;
    editor->rest_end = length - 1;
    return true;
}

int terminal_input_read(EditLine *edit, wchar_t *character) {
    LineEditor *editor = editor_of(edit);
    *character = 0;
    if (editor->rest_at < editor->rest_end) {
        *character = editor->rest[editor->rest_at++];
        return 1;
    }
    int first = next_byte(editor);
    while (first == 27 && !editor->is_pasting && !read_sequence(editor)) first = next_byte(editor);
    if (first < 0) return first == -1 ? 0 : -1;
    int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    if (first < 0x80) {
        *character = first;
        return 1;
    }
    // Invalid UTF-8 becomes a replacement character, and the next byte is read again.
    unsigned code = (unsigned)first & (0x3fu >> more);
    for (int i = 0; i < more; i++) {
        int next = next_byte(editor);
        if (next < 0) return next == -1 ? 0 : -1;
        if ((next & 0xc0) != 0x80) {
            editor->ahead_at -= 1;
            more = 0;
            break;
        }
        code = code << 6 | ((unsigned)next & 0x3f);
    }
    // The codes from 0x80 to 0x9f control the terminal.
    bool is_valid = more > 0 && code >= 0xa0 && code < 0x110000 && (code < 0xd800 || code > 0xdfff);
    *character = is_valid ? (wchar_t)code : 0xfffd;
    return 1;
}

/// libedit holds every cell in memory, several times: a terminal may claim more of them than fit.
static bool is_sane(const struct winsize *size) { return (long)size->ws_col * size->ws_row <= 1L << 22; }

void line_terminal_size(int *columns, int *rows) {
    struct winsize size;
    *columns = 80;
    *rows = 24;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && is_sane(&size)) {
        *columns = size.ws_col;
        *rows = size.ws_row > 0 ? size.ws_row : 24;
    }
}

bool terminal_input_has_sane_size(void) {
    struct winsize size;
    return ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 || is_sane(&size);
}

static void interrupted(int signal_number) {
    (void)signal_number;
    int saved = errno;
    if (interrupt_callback) interrupt_callback(interrupt_context);
    errno = saved;
}

void line_on_interrupt(void (*callback)(void *), void (*forget)(void *), void *context) {
    forget_callback = forget;
    interrupt_context = context;
    struct sigaction now;
    if (sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN) return;
    interrupt_callback = callback;
    struct sigaction old;
    handle(SIGINT, interrupted, &old);
}
