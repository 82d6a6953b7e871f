// Bracketed paste. The text is inserted into the line unchanged, including newlines. If it ends
// with a newline it is entered at once, as one entry; otherwise it can still be edited.
#include "line_editor.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static const wchar_t end_mark[] = L"\033[201~";
enum { MARK = sizeof end_mark / sizeof *end_mark - 1 };
static const size_t longest = (size_t)16 << 20;

/// Line ends become \n; other control characters, and the colours of text from a terminal, are removed.
static size_t cleaned(wchar_t *text, size_t length) {
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        wchar_t c = text[i];
        if (c == L'\r') {
            if (i + 1 < length && text[i + 1] == L'\n') continue;
            c = L'\n';
        }
        if (c == 27 && i + 1 < length && text[i + 1] == L'[') {
            i += 2;
            while (i < length && (text[i] < 0x40 || text[i] > 0x7e)) i++;
            continue;
        }
        if ((c < 32 && c != L'\n' && c != L'\t') || c == 127) continue;
        text[kept++] = c;
    }
    text[kept] = 0;
    return kept;
}

unsigned char key_paste(EditLine *edit, int key) {
    (void)key;
    size_t room = 4096, length = 0;
    wchar_t *text = malloc(room * sizeof *text);
    if (!text) return CC_ERROR;
    wchar_t next;
    LineEditor *editor = editor_of(edit);
    editor->is_pasting = true;
    while (el_wgetc(edit, &next) == 1) {
        if (length + 2 > room) {
            wchar_t *larger = room < longest ? realloc(text, room * 2 * sizeof *text) : NULL;
            if (larger) {
                text = larger;
                room *= 2;
            } else {
                // Too long: drop the beginning, but still find the end of the paste.
                wmemmove(text, text + length - MARK, MARK);
                length = MARK;
            }
        }
        text[length++] = next;
        if (length >= MARK && wmemcmp(text + length - MARK, end_mark, MARK) == 0) {
            length -= MARK;
            break;
        }
    }
    editor->is_pasting = false;
    length = cleaned(text, length);
    bool is_entered = length > 0 && text[length - 1] == L'\n';
    while (length > 0 && text[length - 1] == L'\n') text[--length] = 0;
    if (length > 0) el_winsertstr(edit, text);
    free(text);
    if (is_entered) el_wpush(edit, L"\n");
    return CC_REFRESH;
}
