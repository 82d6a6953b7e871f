// What AddressSanitizer is told of memory that is handed out in blocks larger than asked, and handed out again.

#ifndef SEG_MEMORY_GUARD_H
#define SEG_MEMORY_GUARD_H

/// The first `used` bytes of a block of `size` may be read and written, the others not. Does nothing in a program
/// without AddressSanitizer.
void memory_guard(void *block, long used, long size);

#endif
