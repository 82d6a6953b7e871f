// Shared by the parts of the line editor; Swift sees include/CLibedit.h only.
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
    /// The candidates to be shown.
    char *listing;
    /// How many characters are after the cursor while something is printed below the line.
    int back;
    LineCompleter completer;
    void *context;
    /// Bytes that were read but not used yet: typed or pasted ahead.
    unsigned char ahead[4096];
    size_t ahead_at, ahead_end;
};

LineEditor *editor_of(EditLine *edit);

/// Bracketed paste: everything up to ESC[201~ is text, not keys.
unsigned char key_paste(EditLine *edit, int key);

/// Signals that concern the terminal (a new size, continuing after a stop) wake the read below.
void terminal_input_open(LineEditor *editor);
void terminal_input_close(LineEditor *editor);
/// A read begins or ends. During a read, SIGTERM and SIGHUP restore the terminal first.
void terminal_input_begin(LineEditor *editor);
void terminal_input_end(LineEditor *editor);
/// Discards all wake-ups so far.
void terminal_input_settle(LineEditor *editor);
/// One character; 0 at the end of input, -1 if the terminal is gone.
int terminal_input_read(EditLine *edit, wchar_t *character);

#endif
