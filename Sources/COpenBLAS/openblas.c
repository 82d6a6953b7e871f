// Finds OpenBLAS's matrix products at run time. The prototypes are CBLAS's; Debian's library has
// 32-bit integers.

#include "openblas.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };

typedef void sgemm_function(
    int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
typedef void dgemm_function(
    int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *, int);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sgemm_function *sgemm;
static dgemm_function *dgemm;
static char problem[256];

// What the library maps when it is loaded, and the largest buffer that was seen: 32 MB for some processors, 145 MB for
// others. One that is taken shows the size here.
static const long library_size = 64l << 20;
static long buffer_size = 192l << 20;
enum { MOST_BUFFERS = 64 };
static pthread_mutex_t reserving = PTHREAD_MUTEX_INITIALIZER;
static void *(*take_buffer)(int);
static void (*return_buffer)(void *);
static int buffers;

static bool has_room(long size) {
    void *probe = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe == MAP_FAILED) return false;
    munmap(probe, (size_t)size);
    return true;
}

/// The address space of the process in bytes; 0 if it is not known.
static long mapped(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) return 0;
    if (fscanf(file, "%ld", &pages) != 1) pages = 0;
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

/// Takes a buffer, and learns the size of one that is new.
static void *take(bool is_new) {
    const long before = is_new ? mapped() : 0;
    void *buffer = take_buffer(0);
    const long growth = is_new ? mapped() - before : 0;
    // With room for what malloc and threads map meanwhile.
    if (growth > 16l << 20 && growth < buffer_size) buffer_size = growth + (16l << 20);
    return buffer;
}

static void load(void) {
    // Its threads would only spin: the pool distributes the tiles.
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    // Without memory for a buffer it would try again forever, also while it is loaded.
    if (!has_room(library_size + buffer_size)) {
        snprintf(problem, sizeof problem, "it may take 256 MB; do ulimit -v and ulimit -d leave less?");
        return;
    }
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) library = dlopen("libopenblas.so", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *reason = dlerror();
        snprintf(problem, sizeof problem, "%s", reason == NULL ? "it cannot be loaded" : reason);
        return;
    }
    void (*set_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    if (set_threads != NULL) set_threads(1);
    take_buffer = (void *(*)(int))dlsym(library, "blas_memory_alloc");
    return_buffer = (void (*)(void *))dlsym(library, "blas_memory_free");
    sgemm = (sgemm_function *)dlsym(library, "cblas_sgemm");
    dgemm = (dgemm_function *)dlsym(library, "cblas_dgemm");
    if (sgemm == NULL || dgemm == NULL) snprintf(problem, sizeof problem, "it has no cblas_sgemm");
}

const char *openblas_load(void) {
    pthread_once(&once, load);
    return sgemm == NULL || dgemm == NULL ? problem : NULL;
}

static bool is_limited(int resource) {
    struct rlimit limit;
    return getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

long openblas_reserve(int count) {
    if (!is_limited(RLIMIT_AS) && !is_limited(RLIMIT_DATA)) return 0;
    if (take_buffer == NULL || return_buffer == NULL) return 0;
    if (count > MOST_BUFFERS) count = MOST_BUFFERS;
    pthread_mutex_lock(&reserving);
    long missing = 0;
    if (count > buffers) {
        // Buffers that are returned stay allocated; only those taken together are different ones.
        void *taken[MOST_BUFFERS];
        int held = 0;
        while (held < count) {
            if (held >= buffers && !has_room(buffer_size)) {
                missing = (count - held) * buffer_size;
                break;
            }
            taken[held] = take(held >= buffers);
            held += 1;
            if (held > buffers) buffers = held;
        }
        while (held > 0) return_buffer(taken[--held]);
    }
    pthread_mutex_unlock(&reserving);
    return missing;
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
