// One line editor over libedit's own interface (histedit.h). Ctrl-C at the prompt is a key:
// the terminal sends no signal while a line is typed, and is put back between reads.
#define _GNU_SOURCE
#include "include/CLibedit.h"

#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct LineEditor {
    EditLine *edit;
    History *history;
    HistEvent event;
    char *prompt;
    bool interrupted;
    char *pasted;
    LineCompleter completer;
    void *context;
};

static LineEditor *editor_of(EditLine *edit) {
    void *data = NULL;
    el_get(edit, EL_CLIENTDATA, &data);
    return data;
}

static char *show_prompt(EditLine *edit) { return editor_of(edit)->prompt; }

static unsigned char key_interrupt(EditLine *edit, int key) {
    (void)key;
    editor_of(edit)->interrupted = true;
    fputs("^C", stdout);
    return CC_NEWLINE;
}

/// Ctrl-Z: the terminal is put back, the process stops, and the line is drawn again after.
static unsigned char key_suspend(EditLine *edit, int key) {
    (void)key;
    fputs("\033[?2004l", stdout);
    fflush(stdout);
    el_set(edit, EL_PREP_TERM, 0);
    raise(SIGTSTP);
    el_set(edit, EL_PREP_TERM, 1);
    fputs("\033[?2004h", stdout);
    fflush(stdout);
    return CC_REFRESH;
}

static unsigned char key_complete(EditLine *edit, int key) {
    (void)key;
    LineEditor *editor = editor_of(edit);
    if (!editor->completer) return CC_NORM;
    const LineInfo *line = el_line(edit);
    LineCompletion found = editor->completer(
        editor->context, line->buffer, (size_t)(line->lastchar - line->buffer), (size_t)(line->cursor - line->buffer));
    unsigned char result = CC_NORM;
    if (found.insert) {
        if (found.erase > 0) el_deletestr(edit, found.erase);
        if (*found.insert) el_insertstr(edit, found.insert);
        result = CC_REFRESH;
    }
    if (found.listing) {
        putchar('\n');
        fputs(found.listing, stdout);
        fflush(stdout);
        result = CC_REDISPLAY;
    }
    if (!found.insert && !found.listing) result = CC_ERROR;
    free(found.insert);
    free(found.listing);
    return result;
}

/// Bracketed paste: what comes up to ESC[201~ is text, not keys. A block of several lines
/// ends the read and becomes one entry with what was typed before it.
static unsigned char key_paste(EditLine *edit, int key) {
    (void)key;
    LineEditor *editor = editor_of(edit);
    static const char end[] = "\033[201~";
    const size_t mark = sizeof end - 1, most = (size_t)64 << 20;
    size_t room = 4096, length = 0;
    char *text = malloc(room);
    if (!text) return CC_ERROR;
    char next;
    while (length < most && el_getc(edit, &next) == 1) {
        if (length + 2 > room) {
            char *larger = realloc(text, room * 2);
            if (!larger) break;
            text = larger;
            room *= 2;
        }
        text[length++] = next == '\r' ? '\n' : next;
        if (length >= mark && memcmp(text + length - mark, end, mark) == 0) {
            length -= mark;
            break;
        }
    }
    text[length] = 0;
    if (!strchr(text, '\n')) {
        if (length > 0) el_insertstr(edit, text);
        free(text);
        return CC_REFRESH;
    }
    const LineInfo *line = el_line(edit);
    size_t before = (size_t)(line->cursor - line->buffer), after = (size_t)(line->lastchar - line->cursor);
    char *whole = malloc(before + length + after + 1);
    if (whole) {
        memcpy(whole, line->buffer, before);
        memcpy(whole + before, text, length);
        memcpy(whole + before + length, line->cursor, after);
        whole[before + length + after] = 0;
        fputs(text, stdout);
        fflush(stdout);
    }
    free(editor->pasted);
    editor->pasted = whole;
    free(text);
    return CC_NEWLINE;
}

LineEditor *line_editor_new(const char *program) {
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
    LineEditor *editor = calloc(1, sizeof *editor);
    if (!editor) return NULL;
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
    history(editor->history, &editor->event, H_SETSIZE, 2000);
    history(editor->history, &editor->event, H_SETUNIQUE, 1);
    el_set(edit, EL_HIST, history, editor->history);
    el_set(edit, EL_ADDFN, "seg-interrupt", "Give the line up", key_interrupt);
    el_set(edit, EL_ADDFN, "seg-suspend", "Stop the process", key_suspend);
    el_set(edit, EL_ADDFN, "seg-complete", "Complete names", key_complete);
    el_set(edit, EL_ADDFN, "seg-paste", "Insert pasted text", key_paste);
    el_set(edit, EL_SETTY, "-d", "-isig", NULL);
    el_set(edit, EL_BIND, "^C", "seg-interrupt", NULL);
    el_set(edit, EL_BIND, "^Z", "seg-suspend", NULL);
    el_set(edit, EL_BIND, "^I", "seg-complete", NULL);
    el_set(edit, EL_BIND, "\033[200~", "seg-paste", NULL);
    el_set(edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(edit, EL_BIND, "^W", "ed-delete-prev-word", NULL);
    el_set(edit, EL_BIND, "\033[3~", "ed-delete-next-char", NULL);
    el_set(edit, EL_BIND, "\033[H", "ed-move-to-beg", NULL);
    el_set(edit, EL_BIND, "\033[F", "ed-move-to-end", NULL);
    el_set(edit, EL_BIND, "\033[1;5C", "em-next-word", NULL);
    el_set(edit, EL_BIND, "\033[1;5D", "ed-prev-word", NULL);
    return editor;
}

void line_editor_free(LineEditor *editor) {
    if (!editor) return;
    if (editor->edit) el_end(editor->edit);
    if (editor->history) history_end(editor->history);
    free(editor->prompt);
    free(editor->pasted);
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
    free(editor->pasted);
    editor->pasted = NULL;
    fputs("\033[?2004h", stdout);
    fflush(stdout);
    // The size may have changed while something else ran.
    el_resize(editor->edit);
    int count = 0;
    const char *line = el_gets(editor->edit, &count);
    fputs("\033[?2004l", stdout);
    fflush(stdout);
    if (editor->interrupted) {
        *ending = LINE_INTERRUPTED;
        return strdup("");
    }
    if (editor->pasted) {
        *ending = LINE_PASTED;
        char *text = editor->pasted;
        editor->pasted = NULL;
        return text;
    }
    if (!line || count <= 0) {
        *ending = LINE_END;
        return NULL;
    }
    *ending = LINE_READ;
    char *text = strndup(line, (size_t)count);
    if (text && text[count - 1] == '\n') text[count - 1] = 0;
    return text;
}

void line_editor_remember(LineEditor *editor, const char *entry) {
    history(editor->history, &editor->event, H_ENTER, entry);
}

int line_editor_load_history(LineEditor *editor, const char *path) {
    return history(editor->history, &editor->event, H_LOAD, path) < 0;
}

int line_editor_save_history(LineEditor *editor, const char *path) {
    return history(editor->history, &editor->event, H_SAVE, path) < 0;
}

void line_terminal_size(int *columns, int *rows) {
    struct winsize size;
    *columns = 80;
    *rows = 24;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        *columns = size.ws_col;
        *rows = size.ws_row > 0 ? size.ws_row : 24;
    }
}
