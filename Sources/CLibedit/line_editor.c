// One line editor over libedit's native interface (histedit.h): keys, history, prompt. Ctrl-C
// is a key while a line is typed; between reads the terminal has its original mode. Reading
// and waking are in terminal_input.c; pasting is in paste.c.
//
// What libedit does not export (moving below the last row of a long line) is done by pushing
// private key sequences, \033[90N~: libedit handles and draws the keys before them first.
//
// The keys are the two tables of `bind_keys`, and no others: libedit has commands that nobody asks for
// (Alt-x reads an editor command and ends the process with some of them; Alt-9 repeats the next key a million
// times), so all its bindings are removed first.
//
// libedit has one prompt per read, so that the lines of a block are read one by one, each with a prompt of its
// own, and those above are not part of the line. Up in the first row of such a line ends the read, clears the
// rows of the block, and reads the whole block again as one text of several lines: libedit can edit that, but
// cannot draw `...` before its lines. (Tried and rejected: prompts as protected characters of the text, since
// every command and the search would have to step over them.)
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
    editor_of(edit)->is_torn = true;
    fputc('\n', stdout);
    fputs(paste_off, stdout);
    fflush(stdout);
    el_set(edit, EL_PREP_TERM, 0);
    raise(SIGTSTP);
    el_set(edit, EL_PREP_TERM, 1);
    terminal_input_settle(editor_of(edit));
    fputs(paste_on, stdout);
    if (terminal_input_has_sane_size()) el_resize(edit);
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
    editor->is_torn = true;
    fputc('\n', stdout);
    if (editor->listing) fputs(editor->listing, stdout);
    fflush(stdout);
    return draw_again(edit);
}

/// Up moves within a text of several lines, then into the lines of the block that were entered before, then
/// through the history.
static unsigned char key_up(EditLine *edit, int key) {
    (void)key;
    LineEditor *editor = editor_of(edit);
    const LineInfoW *line = el_wline(edit);
    if (line_start(line) > line->buffer) {
        el_wpush(edit, L"\033[903~");
        return CC_NORM;
    }
    if (editor->begun) {
        editor->is_joining = true;
        el_cursor(edit, (int)(line->lastchar - line->cursor));
        el_wpush(edit, L"\n");
        return CC_REFRESH;
    }
    history(editor->history, &editor->event, H_GETSIZE);
    if (editor->place < editor->event.num) editor->place++;
    el_wpush(edit, L"\033[904~");
    return CC_NORM;
}

/// Below the newest entry is the line as it was typed. libedit would replace it by an older one where the user
/// has not left it.
static unsigned char key_down(EditLine *edit, int key) {
    (void)key;
    LineEditor *editor = editor_of(edit);
    const LineInfoW *line = el_wline(edit);
    if (line_end(line) < line->lastchar) {
        el_wpush(edit, L"\033[905~");
        return CC_NORM;
    }
    if (editor->place == 0 && !editor->has_searched) return CC_ERROR;
    if (editor->place > 0) editor->place--;
    el_wpush(edit, L"\033[906~");
    return CC_NORM;
}

static unsigned char key_search(EditLine *edit, int key) {
    (void)key;
    editor_of(edit)->is_searching = true;
    editor_of(edit)->has_searched = true;
    el_wpush(edit, L"\033[909~");
    return CC_NORM;
}

/// Puts the lines of a block into the text; the cursor is at the end of the last one entered before.
static unsigned char key_block(EditLine *edit, int key) {
    (void)key;
    LineEditor *editor = editor_of(edit);
    if (!editor->block) return CC_NORM;
    el_insertstr(edit, editor->block);
    el_cursor(edit, -editor->back);
    free(editor->block);
    editor->block = NULL;
    return CC_REFRESH;
}

static unsigned char key_clear(EditLine *edit, int key) {
    (void)key;
    editor_of(edit)->is_torn = true;
    el_wpush(edit, L"\033[908~");
    return CC_NORM;
}

typedef struct {
    const char *key, *command;
} Binding;

/// What a terminal sends.
static const Binding keys[] = {
    {"^M", "ed-newline"},
    {"^J", "ed-newline"},
    {"^C", "seg-interrupt"},
    {"^D", "em-delete-or-list"},
    {"^Z", "seg-suspend"},
    {"^I", "seg-complete"},
    {"^L", "seg-clear"},
    {"^R", "seg-search"},
    {"^A", "seg-home"},
    {"^E", "seg-end"},
    {"^B", "ed-prev-char"},
    {"^F", "ed-next-char"},
    {"^P", "seg-up"},
    {"^N", "seg-down"},
    {"^H", "em-delete-prev-char"},
    {"^?", "em-delete-prev-char"},
    {"^K", "seg-kill-line"},
    {"^U", "seg-kill-start"},
    {"^W", "seg-kill-back"},
    {"^Y", "seg-yank"},
    {"^T", "ed-transpose-chars"},
    {"\033\r", "seg-newline"},
    {"\033\n", "seg-newline"},
    {"\033[13;2u", "seg-newline"},
    {"\033[13;3u", "seg-newline"},
    {"\033b", "ed-prev-word"},
    {"\033f", "em-next-word"},
    {"\033d", "seg-kill-word"},
    {"\033\177", "seg-kill-name"},
    {"\033\b", "seg-kill-name"},
    {"\033<", "ed-move-to-beg"},
    {"\033>", "ed-move-to-end"},
    {"\033[A", "seg-up"},
    {"\033OA", "seg-up"},
    {"\033[B", "seg-down"},
    {"\033OB", "seg-down"},
    {"\033[C", "ed-next-char"},
    {"\033OC", "ed-next-char"},
    {"\033[D", "ed-prev-char"},
    {"\033OD", "ed-prev-char"},
    {"\033[H", "seg-home"},
    {"\033OH", "seg-home"},
    {"\033[1~", "seg-home"},
    {"\033[7~", "seg-home"},
    {"\033[F", "seg-end"},
    {"\033OF", "seg-end"},
    {"\033[4~", "seg-end"},
    {"\033[8~", "seg-end"},
    {"\033[3~", "ed-delete-next-char"},
    {"\033[3;5~", "seg-kill-word"},
    {"\033[1;5C", "em-next-word"},
    {"\033[1;3C", "em-next-word"},
    {"\033[1;5D", "ed-prev-word"},
    {"\033[1;3D", "ed-prev-word"},
    {"\033[1;5H", "ed-move-to-beg"},
    {"\033[1;5F", "ed-move-to-end"},
    {"\033[200~", "seg-paste"},
};

/// What only this file pushes.
static const Binding private_keys[] = {
    {"\033[901~", "seg-list"},        {"\033[902~", "seg-stop"},       {"\033[903~", "ed-prev-line"},
    {"\033[904~", "ed-prev-history"}, {"\033[905~", "ed-next-line"},   {"\033[906~", "ed-next-history"},
    {"\033[907~", "seg-block"},       {"\033[908~", "ed-clear-screen"},
    {"\033[909~", "em-inc-search-prev"},
};

bool line_editor_has_key(const char *sequence) {
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(keys[i].key, sequence) == 0) return true;
    }
    return false;
}

static void bind_keys(EditLine *edit) {
    static const struct {
        const char *name;
        unsigned char (*function)(EditLine *, int);
    } functions[] = {
        {"seg-interrupt", key_interrupt},   {"seg-suspend", key_suspend},     {"seg-stop", key_stop},
        {"seg-complete", key_complete},     {"seg-list", key_list},           {"seg-paste", key_paste},
        {"seg-up", key_up},                 {"seg-down", key_down},           {"seg-block", key_block},
        {"seg-clear", key_clear},           {"seg-home", key_home},           {"seg-end", key_end},
        {"seg-newline", key_newline},       {"seg-kill-line", key_kill_line}, {"seg-kill-start", key_kill_start},
        {"seg-kill-back", key_kill_back},   {"seg-kill-word", key_kill_word}, {"seg-kill-name", key_kill_name},
        {"seg-yank", key_yank},             {"seg-search", key_search},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        el_set(edit, EL_ADDFN, functions[i].name, functions[i].name, functions[i].function);
    }
    // Removing Escape removes all sequences that begin with it.
    for (char c = 0; c < 32; c++) {
        const char control[] = {'^', (char)(c + '@'), 0};
        el_set(edit, EL_BIND, "-r", c == 27 ? "\033" : control, NULL);
    }
    el_set(edit, EL_BIND, "-r", "^?", NULL);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        el_set(edit, EL_BIND, keys[i].key, keys[i].command, NULL);
    }
    for (size_t i = 0; i < sizeof private_keys / sizeof *private_keys; i++) {
        el_set(edit, EL_BIND, private_keys[i].key, private_keys[i].command, NULL);
    }
}

LineEditor *line_editor_new(const char *program) {
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
    if (!terminal_input_has_sane_size()) return NULL;
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
    free(editor->first_prompt);
    free(editor->listing);
    free(editor->block);
    free(editor->killed);
    free(editor);
}

void line_editor_set_completer(LineEditor *editor, LineCompleter completer, void *context) {
    editor->completer = completer;
    editor->context = context;
}

/// Replaces a text by a copy of another; it stays as it is if there is no memory.
static void keep(char **kept, const char *text) {
    char *copy = text ? strdup(text) : NULL;
    if (!copy) return;
    free(*kept);
    *kept = copy;
}

void line_editor_set_prompt(LineEditor *editor, const char *prompt) { keep(&editor->prompt, prompt); }

/// One read of libedit: what was typed, NULL at the end of input.
static char *typed(LineEditor *editor) {
    editor->place = 0;
    editor->is_searching = false;
    editor->has_searched = false;
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
    if (!line || count <= 0) return NULL;
    char *text = strndup(line, (size_t)count);
    size_t length = text ? strlen(text) : 0;
    if (length > 0 && text[length - 1] == '\n') text[length - 1] = 0;
    return text;
}

/// Prepares a read of the whole block instead of its last line: clears its rows, and lets the next read begin
/// with its text.
static bool join_block(LineEditor *editor, const char *begun, const char *last) {
    bool is_blank = last[strspn(last, " \t\n")] == 0;
    size_t length = strlen(begun);
    char *block = malloc(length + strlen(last) + 2);
    if (!block) return false;
    memcpy(block, begun, length + 1);
    editor->back = 0;
    if (!is_blank) {
        block[length] = '\n';
        strcpy(block + length + 1, last);
        size_t characters = mbstowcs(NULL, last, 0);
        editor->back = characters == (size_t)-1 ? 0 : (int)characters + 1;
    }
    int rows = editor->block_rows + terminal_input_rows(editor, last);
    if (!editor->is_torn) printf("\033[%dA\r\033[J", rows);
    editor->block = block;
    el_wpush(editor->edit, L"\033[907~");
    return true;
}

char *line_editor_read(LineEditor *editor, const char *begun, int *ending) {
    editor->interrupted = false;
    editor->is_joining = false;
    editor->begun = begun && *begun;
    if (!editor->begun) {
        editor->block_rows = 0;
        editor->is_torn = false;
        keep(&editor->first_prompt, editor->prompt);
    }
    char *text = typed(editor);
    *ending = LINE_READ;
    if (text && editor->is_joining && join_block(editor, begun, text)) {
        free(text);
        editor->begun = false;
        editor->block_rows = 0;
        editor->is_torn = false;
        line_editor_set_prompt(editor, editor->first_prompt);
        text = typed(editor);
        *ending = LINE_WHOLE;
    }
    if (editor->interrupted) {
        free(text);
        *ending = LINE_INTERRUPTED;
        return strdup("");
    }
    if (!text) {
        *ending = LINE_END;
        return NULL;
    }
    editor->block_rows += terminal_input_rows(editor, text);
    return text;
}

void line_editor_remember(LineEditor *editor, const char *entry) {
    history(editor->history, &editor->event, H_ENTER, entry);
}
