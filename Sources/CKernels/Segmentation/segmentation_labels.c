// Functions of labels alone: their range, and the confusion matrix of two maps.

#include <stdlib.h>
#include <string.h>

#include "levels.h"
#include "elementwise.h"
#include "pool.h"
#include "segmentation_labels.h"
#include "segmentation_loss.h"

enum { CHUNK = 1 << 18, MOST_IN_SCRATCH = 1 << 22 };

long segmentation_bad_label(
    const void *masks, long mask_kind, long n, long classes, long ignore, long void_label) {
    if (mask_kind == KIND_U8 || mask_kind == KIND_BOOL) {
        // A table of 256 answers: this pass runs nearly at memory speed.
        uint8_t bad[256];
        for (long v = 0; v < 256; v++) bad[v] = v >= classes && v != ignore && v != void_label;
        const uint8_t *bytes = masks;
        for (long first = 0; first < n && !pool_should_stop(); first += CHUNK)
            for (long i = first; i < min_long(first + CHUNK, n); i++)
                if (bad[bytes[i]]) return i;
        return -1;
    }
    for (long first = 0; first < n && !pool_should_stop(); first += CHUNK)
        for (long i = first; i < min_long(first + CHUNK, n); i++) {
            const int64_t label = label_of(masks, mask_kind, i);
            if ((label < 0 || label >= classes) && label != ignore && label != void_label) return i;
        }
    return -1;
}

typedef struct {
    const void *predictions, *masks;
    long prediction_kind, mask_kind, n, classes, ignore;
    int64_t *counts;
} label_job;

static void confusion_task(void *context, long index) {
    const label_job *j = context;
    const long first = index * CHUNK, last = min_long(first + CHUNK, j->n), classes = j->classes;
    for (long i = first; i < last; i++) {
        const int64_t truth = label_of(j->masks, j->mask_kind, i);
        const int64_t guess = label_of(j->predictions, j->prediction_kind, i);
        if (truth < 0 || truth >= classes || truth == j->ignore || guess < 0 || guess >= classes) continue;
        __atomic_fetch_add(&j->counts[truth * classes + guess], 1, __ATOMIC_RELAXED);
    }
}

/// As confusion_task, but counts in a table of this thread first.
static void confusion_table_task(void *context, long index) {
    const label_job *j = context;
    const long first = index * CHUNK, last = min_long(first + CHUNK, j->n), classes = j->classes;
    const long cells = classes * classes;
    uint32_t *table = pool_scratch(0, cells * (long)sizeof(uint32_t));
    if (table == NULL) {
        confusion_task(context, index);
        return;
    }
    memset(table, 0, (size_t)cells * sizeof(uint32_t));
    for (long i = first; i < last; i++) {
        const int64_t truth = label_of(j->masks, j->mask_kind, i);
        const int64_t guess = label_of(j->predictions, j->prediction_kind, i);
        if (truth < 0 || truth >= classes || truth == j->ignore || guess < 0 || guess >= classes) continue;
        table[truth * classes + guess]++;
    }
    for (long c = 0; c < cells; c++)
        if (table[c] != 0) __atomic_fetch_add(&j->counts[c], (int64_t)table[c], __ATOMIC_RELAXED);
}

void segmentation_confusion(
    const void *predictions, long prediction_kind, const void *masks, long mask_kind, long n, long classes,
    long ignore, int64_t *confusion) {
    label_job j = {predictions, masks, prediction_kind, mask_kind, n, classes, ignore, confusion};
    const int small = classes < 2048 && classes * classes <= MOST_IN_SCRATCH;
    pool_run(parts_of(n, CHUNK), small ? confusion_table_task : confusion_task, &j);
}
