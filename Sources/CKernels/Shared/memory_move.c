#define _GNU_SOURCE

#include "memory_move.h"

#include <sys/mman.h>

int memory_move(void *from, long bytes, void *to) {
    return mremap(from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED ? -1 : 0;
}
