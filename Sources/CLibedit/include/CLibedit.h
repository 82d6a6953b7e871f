// libedit for Swift: its calls are variadic and its callbacks take C types, so one line
// editor with history, completion, paste and Ctrl-C stands here behind plain functions.
#ifndef SEG_CLIBEDIT_H
#define SEG_CLIBEDIT_H

#include <stddef.h>

typedef struct LineEditor LineEditor;

/// How a read ended.
enum { LINE_READ = 0, LINE_END = 1, LINE_INTERRUPTED = 2 };

/// What Tab does: `erase` characters before the cursor make way for `insert`; `listing`, which
/// ends with a newline, is shown below the line. Both texts are malloc'ed by the callback and
/// freed here; NULL: nothing.
typedef struct {
    int erase;
    char *insert;
    char *listing;
} LineCompletion;

typedef LineCompletion (*LineCompleter)(void *context, const char *line, size_t length, size_t cursor);

/// An editor on standard input and output; NULL where there is no memory or no terminal. One
/// at a time: signals that concern the terminal wake it through one pipe.
LineEditor *line_editor_new(const char *program);
void line_editor_free(LineEditor *editor);
void line_editor_set_completer(LineEditor *editor, LineCompleter completer, void *context);
/// Parts of the prompt between two \1 take no room on the screen.
void line_editor_set_prompt(LineEditor *editor, const char *prompt);
/// One entry without the newline at its end, malloc'ed; what was pasted or recalled may hold
/// newlines. `ending` tells how the read ended; the text is NULL at the end of input.
char *line_editor_read(LineEditor *editor, int *ending);
/// Puts an entry, newlines included, into the history; the newest comes first.
void line_editor_remember(LineEditor *editor, const char *entry);
/// Columns and rows of the terminal now; 80 and 24 where it does not say.
void line_terminal_size(int *columns, int *rows);

/// Calls `callback(context)` at SIGINT, on whatever thread; only what is safe in a signal
/// handler may be done there. Does nothing where the process has a handler already.
void line_on_interrupt(void (*callback)(void *), void *context);

#endif
