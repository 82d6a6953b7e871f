// Inner loops in plain C: Swift cannot yet compile them to AVX with run-time
// dispatch. One header per subject.

#ifndef SEG_CKERNELS_H
#define SEG_CKERNELS_H

#include "convolution.h"
#include "depthwise.h"
#include "elementwise.h"
#include "image.h"
#include "interpolation.h"
#include "memory_guard.h"
#include "memory_move.h"
#include "normalization.h"
#include "pool.h"
#include "pooling.h"
#include "processor.h"
#include "reduce.h"
#include "segmentation_boundaries.h"
#include "segmentation_loss.h"

#endif
