// Reading labels of the three types of integers that masks have.

#ifndef SEG_SEGMENTATION_LABELS_H
#define SEG_SEGMENTATION_LABELS_H

#include <stdint.h>

#include "levels.h"
#include "elementwise.h"

INLINE int64_t label_of(const void *labels, long kind, long i) {
    switch (kind) {
        case KIND_U8:
        case KIND_BOOL: return ((const uint8_t *)labels)[i];
        case KIND_I32: return ((const int32_t *)labels)[i];
        default: return ((const int64_t *)labels)[i];
    }
}

#endif
