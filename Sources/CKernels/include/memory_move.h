// Pages that change their address: the system moves them, and need not fill new ones with zeros.

#ifndef SEG_MEMORY_MOVE_H
#define SEG_MEMORY_MOVE_H

/// Moves the pages of `from` to `to`, whose own are given back. Returns 0; -1 if the system refuses, and then the pages of
/// both may be gone.
int memory_move(void *from, long bytes, void *to);

#endif
