// One line editor over libedit's native interface (histedit.h): keys, history, prompt. Ctrl-C
// is a key while a line is typed; between reads the terminal has its original mode. Reading
// and waking are in terminal_input.c; pasting is in paste.c.
//
// What libedit does not export (moving below the last row of a long line) is done by pushing
// private key sequences, \033[90N~: libedit handles and draws the keys before them first.
#define _GNU_SOURCE
#include "line_editor.h"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

static const char *const paste_on = "\033[?2004h";
static const char *const paste_off = "\033[?2004l";

LineEditor *editor_of(EditLine *edit) {
    void *data = NULL;
    el_get(edit, EL_CLIENTDATA, &data);
    return data;
}

static char *show_prompt(EditLine *edit) { return editor_of(edit)->prompt; }

/// Moves to the end of the text and draws it, so that the output of the pushed key comes below.
static unsigned char below(EditLine *edit, const wchar_t *key) {
    const LineInfoW *line = el_wline(edit);
    editor_of(edit)->back = (int)(line->lastchar - line->cursor);
    el_cursor(edit, editor_of(edit)->back);
    el_wpush(edit, key);
    return CC_REFRESH;
}

/// Draws prompt and text again on the row of the cursor, and restores the cursor position.
static unsigned char draw_again(EditLine *edit) {
    el_cursor(edit, -editor_of(edit)->back);
    el_set(edit, EL_REFRESH);
    return CC_NORM;
}

static unsigned char key_interrupt(EditLine *edit, int key) {
    (void)key;
    const LineInfoW *line = el_wline(edit);
    el_cursor(edit, (int)(line->lastchar - line->cursor));
    el_winsertstr(edit, L"^C");
    editor_of(edit)->interrupted = true;
    el_wpush(edit, L"\n");
    return CC_REFRESH;
}

static unsigned char key_suspend(EditLine *edit, int key) {
    (void)key;
    return below(edit, L"\033[902~");
}

/// Restores the terminal and stops the process; draws the line again when it continues.
static unsigned char key_stop(EditLine *edit, int key) {
    (void)key;
    fputc('\n', stdout);
    fputs(paste_off, stdout);
    fflush(stdout);
    el_set(edit, EL_PREP_TERM, 0);
    raise(SIGTSTP);
    el_set(edit, EL_PREP_TERM, 1);
    terminal_input_settle(editor_of(edit));
    fputs(paste_on, stdout);
    el_resize(edit);
    return draw_again(edit);
}

static unsigned char key_complete(EditLine *edit, int key) {
    (void)key;
    LineEditor *editor = editor_of(edit);
    if (!editor->completer) return CC_NORM;
    const LineInfo *line = el_line(edit);
    LineCompletion found = editor->completer(
        editor->context, line->buffer, (size_t)(line->lastchar - line->buffer), (size_t)(line->cursor - line->buffer));
    unsigned char result = CC_ERROR;
    if (found.insert) {
        if (found.erase > 0) el_deletestr(edit, found.erase);
        if (*found.insert) el_insertstr(edit, found.insert);
        free(found.insert);
        result = CC_REFRESH;
    }
    if (found.listing) {
        free(editor->listing);
        editor->listing = found.listing;
        result = below(edit, L"\033[901~");
    }
    return result;
}

static unsigned char key_list(EditLine *edit, int key) {
    (void)key;
    LineEditor *editor = editor_of(edit);
    fputc('\n', stdout);
    if (editor->listing) fputs(editor->listing, stdout);
    fflush(stdout);
    return draw_again(edit);
}

/// Up and down move within a text of several lines, and through the history at its ends.
static unsigned char key_up(EditLine *edit, int key) {
    (void)key;
    const LineInfoW *line = el_wline(edit);
    bool has_line = wmemchr(line->buffer, L'\n', (size_t)(line->cursor - line->buffer)) != NULL;
    el_wpush(edit, has_line ? L"\033[903~" : L"\033[904~");
    return CC_NORM;
}

static unsigned char key_down(EditLine *edit, int key) {
    (void)key;
    const LineInfoW *line = el_wline(edit);
    bool has_line = wmemchr(line->cursor, L'\n', (size_t)(line->lastchar - line->cursor)) != NULL;
    el_wpush(edit, has_line ? L"\033[905~" : L"\033[906~");
    return CC_NORM;
}

static void bind_keys(EditLine *edit) {
    static const struct {
        const char *name;
        unsigned char (*function)(EditLine *, int);
    } functions[] = {
        {"seg-interrupt", key_interrupt}, {"seg-suspend", key_suspend}, {"seg-stop", key_stop},
        {"seg-complete", key_complete},   {"seg-list", key_list},       {"seg-paste", key_paste},
        {"seg-up", key_up},               {"seg-down", key_down},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        el_set(edit, EL_ADDFN, functions[i].name, functions[i].name, functions[i].function);
    }
    static const char *const keys[][2] = {
        {"^C", "seg-interrupt"},
        {"^Z", "seg-suspend"},
        {"^I", "seg-complete"},
        {"\033[200~", "seg-paste"},
        {"\033[901~", "seg-list"},
        {"\033[902~", "seg-stop"},
        {"\033[903~", "ed-prev-line"},
        {"\033[904~", "ed-prev-history"},
        {"\033[905~", "ed-next-line"},
        {"\033[906~", "ed-next-history"},
        {"\033[A", "seg-up"},
        {"\033OA", "seg-up"},
        {"\033[B", "seg-down"},
        {"\033OB", "seg-down"},
        {"^R", "em-inc-search-prev"},
        {"^W", "ed-delete-prev-word"},
        {"\033[3~", "ed-delete-next-char"},
        {"\033[H", "ed-move-to-beg"},
        {"\033[F", "ed-move-to-end"},
        {"\033OH", "ed-move-to-beg"},
        {"\033OF", "ed-move-to-end"},
        {"\033[1~", "ed-move-to-beg"},
        {"\033[4~", "ed-move-to-end"},
        {"\033[1;5C", "em-next-word"},
        {"\033[1;5D", "ed-prev-word"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) el_set(edit, EL_BIND, keys[i][0], keys[i][1], NULL);
}

LineEditor *line_editor_new(const char *program) {
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
    LineEditor *editor = calloc(1, sizeof *editor);
    if (!editor) return NULL;
    terminal_input_open(editor);
    editor->prompt = strdup("> ");
    editor->history = history_init();
    editor->edit = el_init(program, stdin, stdout, stderr);
    if (!editor->prompt || !editor->history || !editor->edit) {
        line_editor_free(editor);
        return NULL;
    }
    EditLine *edit = editor->edit;
    el_set(edit, EL_CLIENTDATA, editor);
    el_set(edit, EL_PROMPT_ESC, show_prompt, '\1');
    el_set(edit, EL_EDITOR, "emacs");
    el_set(edit, EL_SIGNAL, 0);
    el_wset(edit, EL_GETCFN, terminal_input_read);
    history(editor->history, &editor->event, H_SETSIZE, 5000);
    history(editor->history, &editor->event, H_SETUNIQUE, 1);
    el_set(edit, EL_HIST, history, editor->history);
    el_set(edit, EL_SETTY, "-d", "-isig", NULL);
    bind_keys(edit);
    return editor;
}

void line_editor_free(LineEditor *editor) {
    if (!editor) return;
    if (editor->edit) el_end(editor->edit);
    if (editor->history) history_end(editor->history);
    terminal_input_close(editor);
    free(editor->prompt);
    free(editor->listing);
    free(editor);
}

void line_editor_set_completer(LineEditor *editor, LineCompleter completer, void *context) {
    editor->completer = completer;
    editor->context = context;
}

void line_editor_set_prompt(LineEditor *editor, const char *prompt) {
    char *copy = strdup(prompt);
    if (!copy) return;
    free(editor->prompt);
    editor->prompt = copy;
}

char *line_editor_read(LineEditor *editor, int *ending) {
    editor->interrupted = false;
    fputs(paste_on, stdout);
    fflush(stdout);
    // The size may have changed since the last read.
    el_resize(editor->edit);
    terminal_input_begin(editor);
    int count = 0;
    const char *line = el_gets(editor->edit, &count);
    terminal_input_end(editor);
    fputs(paste_off, stdout);
    fflush(stdout);
    if (editor->interrupted) {
        *ending = LINE_INTERRUPTED;
        return strdup("");
    }
    if (!line || count <= 0) {
        *ending = LINE_END;
        return NULL;
    }
    *ending = LINE_READ;
    char *text = strndup(line, (size_t)count);
    size_t length = text ? strlen(text) : 0;
    if (length > 0 && text[length - 1] == '\n') text[length - 1] = 0;
    return text;
}

void line_editor_remember(LineEditor *editor, const char *entry) {
    history(editor->history, &editor->event, H_ENTER, entry);
}
