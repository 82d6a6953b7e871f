// Inner loops in plain C: what Swift cannot yet compile to AVX with run-time
// dispatch. One header a subject.

#ifndef SEG_CKERNELS_H
#define SEG_CKERNELS_H

#include "convolution.h"
#include "depthwise.h"
#include "elementwise.h"
#include "image.h"
#include "interpolation.h"
#include "normalization.h"
#include "pool.h"
#include "pooling.h"
#include "reduce.h"
#include "segmentation_loss.h"

#endif
