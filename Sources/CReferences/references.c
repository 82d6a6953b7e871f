#include "references.h"

#include <stddef.h>

// Of libswiftCore (stdlib/public/runtime/HeapObject.cpp), whose names and types are part of its stable interface.
size_t swift_retainCount(void *object);
void *swift_tryRetain(void *object);

long references_of(const void *object) { return (long)swift_retainCount((void *)object); }

void *reference_if_alive(const void *object) { return swift_tryRetain((void *)object); }
