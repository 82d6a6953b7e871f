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
    /// The prompt of the first line of the block that is being typed.
    char *first_prompt;
    /// Lines of the block were entered before this one.
    bool begun;
    /// Up was pressed in the first row of a later line of a block: the whole block is to be edited.
    bool is_joining;
    /// How many rows of the screen the lines entered before take; not known exactly once a list or a new size
    /// has torn them apart.
    int block_rows;
    bool is_torn;
    /// The text that the next read begins with.
    char *block;
    /// How many entries of the history Up has gone back.
    int place;
    /// Ctrl-R was pressed in this read; and the search may still go on.
    bool has_searched, is_searching;
    /// What Ctrl-Y inserts.
    wchar_t *killed;
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
    /// The rest of a key that begins with Escape.
    unsigned char rest[24];
    size_t rest_at, rest_end;
    /// Between the marks of a paste, Escape is not a key.
    bool is_pasting;
};

LineEditor *editor_of(EditLine *edit);

/// Whether a key that begins with Escape does anything.
bool line_editor_has_key(const char *sequence);

/// The line of a text of several lines that the cursor is in.
const wchar_t *line_start(const LineInfoW *line);
const wchar_t *line_end(const LineInfoW *line);

/// The keys that move and delete within a line, and the one that adds a line; see editing.c.
unsigned char key_home(EditLine *edit, int key);
unsigned char key_end(EditLine *edit, int key);
unsigned char key_newline(EditLine *edit, int key);
unsigned char key_kill_line(EditLine *edit, int key);
unsigned char key_kill_start(EditLine *edit, int key);
unsigned char key_kill_back(EditLine *edit, int key);
unsigned char key_kill_word(EditLine *edit, int key);
unsigned char key_kill_name(EditLine *edit, int key);
unsigned char key_yank(EditLine *edit, int key);

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
/// How many rows of the screen the prompt and a text take.
int terminal_input_rows(LineEditor *editor, const char *text);
/// One character; 0 at the end of input, -1 if the terminal is gone.
int terminal_input_read(EditLine *edit, wchar_t *character);

/// Whether libedit has room for the size that the terminal claims.
bool terminal_input_has_sane_size(void);

#endif
