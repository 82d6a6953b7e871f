// libedit for Swift. Its calls are variadic and its callbacks take C types, so this target wraps one
// line editor with history, completion, paste and Ctrl-C in plain functions.
#ifndef SEG_CLIBEDIT_H
#define SEG_CLIBEDIT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct LineEditor LineEditor;

/// How a read ended. LINE_WHOLE: with the whole block in place of the lines entered before.
enum { LINE_READ = 0, LINE_END = 1, LINE_INTERRUPTED = 2, LINE_WHOLE = 3 };

/// What Tab does: replaces `erase` characters before the cursor with `insert`, and shows `listing`,
/// which ends with a newline, below the line. The callback allocates both texts with malloc and
/// they are freed here; NULL: nothing.
typedef struct {
    int erase;
    char *insert;
    char *listing;
} LineCompletion;

typedef LineCompletion (*LineCompleter)(void *context, const char *line, size_t length, size_t cursor);

/// An editor on standard input and output; NULL if there is no memory or no terminal, or if the terminal claims millions of
/// cells. Only one can exist at a time: signals that concern the terminal wake it through one pipe.
LineEditor *line_editor_new(const char *program);
void line_editor_free(LineEditor *editor);
void line_editor_set_completer(LineEditor *editor, LineCompleter completer, void *context);
/// Parts of the prompt between two \1 take no space on the screen.
void line_editor_set_prompt(LineEditor *editor, const char *prompt);
/// `begun` has the lines of an unfinished entry so far, or is empty; Up in the next line edits them again.
/// One entry without the newline at its end, allocated with malloc; pasted or recalled entries may
/// contain newlines. `ending` receives how the read ended; the text is NULL at the end of input.
char *line_editor_read(LineEditor *editor, const char *begun, int *ending);
/// Whether Ctrl-C was typed after the line that was read last and before the terminal sent it as a signal; what was typed
/// before it is taken with it.
bool line_editor_takes_interrupt(LineEditor *editor);
/// Adds an entry, newlines included, to the history; the newest comes first.
void line_editor_remember(LineEditor *editor, const char *entry);
/// Current columns and rows of the terminal; 80 and 24 if it does not report them.
void line_terminal_size(int *columns, int *rows);

/// Calls `callback(context)` at SIGINT, on any thread; it may do only what is safe in a signal
/// handler. Sets no handler if the process has one already. `forget(context)` is called for each key: a signal before
/// the key that ends a line is not for the entry.
void line_on_interrupt(void (*callback)(void *), void (*forget)(void *), void *context);

#endif
