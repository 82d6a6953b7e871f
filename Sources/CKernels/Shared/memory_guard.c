// The one use of AddressSanitizer's interface.

#include "memory_guard.h"

#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#include <stddef.h>

void memory_guard(void *block, long used, long size) {
    __asan_unpoison_memory_region(block, (size_t)used);
    __asan_poison_memory_region((char *)block + used, (size_t)(size - used));
}
#else
void memory_guard(void *block, long used, long size) { (void)block, (void)used, (void)size; }
#endif
