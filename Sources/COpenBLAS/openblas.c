// Finds OpenBLAS's matrix products at run time. The prototypes are CBLAS's; Debian's library has
// 32-bit integers.

#include "openblas.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };

typedef void sgemm_function(
    int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
typedef void dgemm_function(
    int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *, int);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sgemm_function *sgemm;
static dgemm_function *dgemm;
static char problem[256];

static void load(void) {
    // Its threads would only spin: the pool distributes the tiles.
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) library = dlopen("libopenblas.so", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *reason = dlerror();
        snprintf(problem, sizeof problem, "%s", reason == NULL ? "it cannot be loaded" : reason);
        return;
    }
    void (*set_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    if (set_threads != NULL) set_threads(1);
    sgemm = (sgemm_function *)dlsym(library, "cblas_sgemm");
    dgemm = (dgemm_function *)dlsym(library, "cblas_dgemm");
    if (sgemm == NULL || dgemm == NULL) snprintf(problem, sizeof problem, "it has no cblas_sgemm");
}

const char *openblas_load(void) {
    pthread_once(&once, load);
    return sgemm == NULL || dgemm == NULL ? problem : NULL;
}

void openblas_sgemm(
    bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
    const float *b, int ldb, float beta, float *c, int ldc) {
    if (sgemm == NULL) return;
    sgemm(
        ROW_MAJOR, transpose_a ? TRANSPOSE : NO_TRANSPOSE, transpose_b ? TRANSPOSE : NO_TRANSPOSE, m, n, k,
        alpha, a, lda, b, ldb, beta, c, ldc);
}

void openblas_dgemm(
    bool transpose_a, bool transpose_b, int m, int n, int k, double alpha, const double *a, int lda,
    const double *b, int ldb, double beta, double *c, int ldc) {
    if (dgemm == NULL) return;
    dgemm(
        ROW_MAJOR, transpose_a ? TRANSPOSE : NO_TRANSPOSE, transpose_b ? TRANSPOSE : NO_TRANSPOSE, m, n, k,
        alpha, a, lda, b, ldb, beta, c, ldc);
}
