// What the parts of the line editor share; Swift sees include/CLibedit.h only.
#ifndef SEG_LINE_EDITOR_H
#define SEG_LINE_EDITOR_H

#include "include/CLibedit.h"

#include <histedit.h>
#include <stdbool.h>

struct LineEditor {
    EditLine *edit;
    History *history;
    HistEvent event;
    char *prompt;
    /// Ctrl-C was pressed in this read.
    bool interrupted;
    /// The candidates that are about to be shown.
    char *listing;
    /// How many characters stand after the cursor while something is printed below the line.
    int back;
    LineCompleter completer;
    void *context;
    /// Bytes that were read and not yet asked for: typed or pasted ahead.
    unsigned char ahead[4096];
    size_t ahead_at, ahead_end;
};

LineEditor *editor_of(EditLine *edit);

/// Bracketed paste: what comes up to ESC[201~ is text, not keys.
unsigned char key_paste(EditLine *edit, int key);

/// Signals that concern the terminal (a new size, going on after a stop) wake the read below.
void terminal_input_open(LineEditor *editor);
void terminal_input_close(LineEditor *editor);
/// A read begins or ends: while it lasts, SIGTERM and SIGHUP put the terminal back first.
void terminal_input_begin(LineEditor *editor);
void terminal_input_end(LineEditor *editor);
/// Forgets what woke it so far.
void terminal_input_settle(LineEditor *editor);
/// One character; 0 at the end of input, -1 where the terminal is gone.
int terminal_input_read(EditLine *edit, wchar_t *character);

#endif
