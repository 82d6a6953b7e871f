// libedit for Swift: its calls are variadic and its callbacks take C types, so one line
// editor with history, completion, paste and Ctrl-C stands here behind plain functions.
#ifndef SEG_CLIBEDIT_H
#define SEG_CLIBEDIT_H

#include <stddef.h>

typedef struct LineEditor LineEditor;

/// How a read ended.
enum { LINE_READ = 0, LINE_END = 1, LINE_INTERRUPTED = 2, LINE_PASTED = 3 };

/// What Tab does: `erase` characters before the cursor make way for `insert`; `listing` is
/// shown below the line. Both texts are malloc'ed by the callback and freed here.
typedef struct {
    int erase;
    char *insert;
    char *listing;
} LineCompletion;

typedef LineCompletion (*LineCompleter)(void *context, const char *line, size_t length, size_t cursor);

/// An editor on standard input and output; NULL where there is no memory or no terminal.
LineEditor *line_editor_new(const char *program);
void line_editor_free(LineEditor *editor);
void line_editor_set_completer(LineEditor *editor, LineCompleter completer, void *context);
/// Parts of the prompt between two \1 take no room on the screen.
void line_editor_set_prompt(LineEditor *editor, const char *prompt);
/// One line without its newline, or a whole pasted block; malloc'ed. `ending` tells how the
/// read ended; the text is NULL at the end of input.
char *line_editor_read(LineEditor *editor, int *ending);
/// Puts an entry, newlines included, into the history; the newest first.
void line_editor_remember(LineEditor *editor, const char *entry);
/// 0 when the history was loaded or saved.
int line_editor_load_history(LineEditor *editor, const char *path);
int line_editor_save_history(LineEditor *editor, const char *path);
/// Columns and rows of the terminal now; 80 and 24 where it does not say.
void line_terminal_size(int *columns, int *rows);

#endif
