// Keys that move and delete within one line of a text of several lines: libedit's own commands for them take
// the whole text as one line. What they delete is kept here, since libedit does not export its own buffer for
// that, and Ctrl-Y inserts it again.
#include "line_editor.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

const wchar_t *line_start(const LineInfoW *line) {
    const wchar_t *at = line->cursor;
    while (at > line->buffer && at[-1] != L'\n') at--;
    return at;
}

const wchar_t *line_end(const LineInfoW *line) {
    const wchar_t *at = line->cursor;
    while (at < line->lastchar && *at != L'\n') at++;
    return at;
}

unsigned char key_home(EditLine *edit, int key) {
    (void)key;
    const LineInfoW *line = el_wline(edit);
    el_cursor(edit, (int)(line_start(line) - line->cursor));
    return CC_REFRESH;
}

unsigned char key_end(EditLine *edit, int key) {
    (void)key;
    const LineInfoW *line = el_wline(edit);
    el_cursor(edit, (int)(line_end(line) - line->cursor));
    return CC_REFRESH;
}

/// A new line below the current one, indented as it is.
unsigned char key_newline(EditLine *edit, int key) {
    (void)key;
    const LineInfoW *line = el_wline(edit);
    const wchar_t *start = line_start(line);
    size_t depth = 0;
    while (start + depth < line->cursor && start[depth] == L' ') depth++;
    wchar_t *text = malloc((depth + 2) * sizeof *text);
    if (!text) return CC_ERROR;
    text[0] = L'\n';
    wmemset(text + 1, L' ', depth);
    text[depth + 1] = 0;
    el_winsertstr(edit, text);
    free(text);
    return CC_REFRESH;
}

/// Deletes from `start` to `end`, between which the cursor is, and keeps what was there.
static unsigned char kill(EditLine *edit, const wchar_t *start, const wchar_t *end) {
    const LineInfoW *line = el_wline(edit);
    if (end <= start) return CC_ERROR;
    size_t length = (size_t)(end - start);
    wchar_t *killed = malloc((length + 1) * sizeof *killed);
    if (!killed) return CC_ERROR;
    wmemcpy(killed, start, length);
    killed[length] = 0;
    LineEditor *editor = editor_of(edit);
    free(editor->killed);
    editor->killed = killed;
    el_cursor(edit, (int)(end - line->cursor));
    el_deletestr(edit, (int)length);
    return CC_REFRESH;
}

/// To the end of the line; at its end, what separates it from the next.
unsigned char key_kill_line(EditLine *edit, int key) {
    (void)key;
    const LineInfoW *line = el_wline(edit);
    const wchar_t *end = line_end(line);
    return kill(edit, line->cursor, end == line->cursor && end < line->lastchar ? end + 1 : end);
}

unsigned char key_kill_start(EditLine *edit, int key) {
    (void)key;
    const LineInfoW *line = el_wline(edit);
    return kill(edit, line_start(line), line->cursor);
}

static bool is_of_name(wchar_t c) { return iswalnum((wint_t)c) || c == L'_'; }
static bool is_of_word(wchar_t c) { return !iswspace((wint_t)c); }

/// Back to the start of a word; at the start of a line, to the line before.
static unsigned char kill_back(EditLine *edit, bool (*is_part)(wchar_t)) {
    const LineInfoW *line = el_wline(edit);
    const wchar_t *start = line_start(line), *at = line->cursor;
    if (at == start) return kill(edit, at > line->buffer ? at - 1 : at, at);
    while (at > start && !is_part(at[-1])) at--;
    while (at > start && is_part(at[-1])) at--;
    return kill(edit, at, line->cursor);
}

unsigned char key_kill_back(EditLine *edit, int key) {
    (void)key;
    return kill_back(edit, is_of_word);
}

unsigned char key_kill_name(EditLine *edit, int key) {
    (void)key;
    return kill_back(edit, is_of_name);
}

unsigned char key_kill_word(EditLine *edit, int key) {
    (void)key;
    const LineInfoW *line = el_wline(edit);
    const wchar_t *end = line_end(line), *at = line->cursor;
    if (at == end) return kill(edit, at, at < line->lastchar ? at + 1 : at);
    while (at < end && !is_of_name(*at)) at++;
    while (at < end && is_of_name(*at)) at++;
    return kill(edit, line->cursor, at);
}

unsigned char key_yank(EditLine *edit, int key) {
    (void)key;
    LineEditor *editor = editor_of(edit);
    if (!editor->killed || el_winsertstr(edit, editor->killed) != 0) return CC_ERROR;
    return CC_REFRESH;
}
