// OpenBLAS, loaded at the first matrix product: linking it would take more time at start than
// everything else that seg does before its prompt.

#ifndef SEG_OPENBLAS_H
#define SEG_OPENBLAS_H

#include <stdbool.h>

/// Loads the library once, with a single thread; returns NULL, or why it cannot be loaded.
const char *openblas_load(void);

/// Makes sure that `count` products can run at once where the address space is limited: OpenBLAS takes a buffer per
/// product, and waits forever for one that it cannot get. Returns the missing bytes, 0 if there are enough buffers.
long openblas_reserve(int count);

/// c [m, n] = alpha · op(a) · op(b) + beta · c, row-major, where op transposes if its flag is set. Does nothing
/// before `openblas_load` has succeeded.
void openblas_sgemm(
    bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
    const float *b, int ldb, float beta, float *c, int ldc);

/// As `openblas_sgemm`, in float64.
void openblas_dgemm(
    bool transpose_a, bool transpose_b, int m, int n, int k, double alpha, const double *a, int lda,
    const double *b, int ldb, double beta, double *c, int ldc);

#endif
