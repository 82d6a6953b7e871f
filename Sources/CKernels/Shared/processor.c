// The level of the kernels: what the processor can run, whether AVX-512 gains anything on it, and SEG_KERNELS.

#include "processor.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "levels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

int kernel_level_in_use = KERNEL_SSE2;
int kernel_wide_tiles = 0;
int kernel_bfloat16_in_use = 0;

int kernel_level(void) { return kernel_level_in_use; }

int kernel_highest_level(void) {
#if defined(__x86_64__) && !defined(ONE_LEVEL)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return KERNEL_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
        return KERNEL_AVX2;
#endif
    return KERNEL_SSE2;
}

void kernel_set_level(int level, int wide) {
    const int highest = kernel_highest_level();
    kernel_level_in_use = level < highest ? level : highest;
    kernel_wide_tiles = wide;
}

int kernel_bfloat16(void) { return kernel_bfloat16_in_use; }

#if defined(__x86_64__)
/// Whether the processor has AMX, and the system lets this process use it: its registers are saved for those processes
/// alone that ask.
static int may_use_matrices(void) {
    enum { ASK = 0x1023, REGISTERS = 18, CPUID_BFLOAT16 = 1 << 22, CPUID_TILES = 1 << 24 };
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & CPUID_BFLOAT16) || !(d & CPUID_TILES)) return 0;
    return syscall(SYS_arch_prctl, ASK, REGISTERS) == 0;
}
#endif

void kernel_use_bfloat16(int products) {
    int most = BFLOAT16_NONE;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (products != BFLOAT16_NONE && kernel_highest_level() == KERNEL_AVX512 && __builtin_cpu_supports("avx512bf16"))
        most = products == BFLOAT16_MATRICES && may_use_matrices() ? BFLOAT16_MATRICES : BFLOAT16_VECTORS;
#endif
    kernel_bfloat16_in_use = products < most ? products : most;
}

#if defined(__x86_64__)
enum { CHAINS = 12 };

/// Twelve chains of multiply-adds, enough to fill the pipelines: `steps` for each.
#define CHAIN_KERNEL(name, level, vector, zeros, constraint)                                              \
    level __attribute__((noinline)) static void name(long steps) {                                        \
        vector sums[CHAINS], factor = zeros;                                                              \
        UNROLLED for (int i = 0; i < CHAINS; i++) sums[i] = zeros;                                        \
        _Pragma("clang loop unroll(disable)") for (long k = 0; k < steps; k++) {                          \
            UNROLLED for (int i = 0; i < CHAINS; i++) {                                                   \
                sums[i] = factor * factor + sums[i];                                                      \
                __asm__("" : "+" constraint(sums[i]));                                                    \
            }                                                                                             \
        }                                                                                                 \
    }
CHAIN_KERNEL(chains_of_4, , float4, (float4){0}, "x")
CHAIN_KERNEL(chains_of_8, __attribute__((target("arch=x86-64-v3"))), float8, (float8){0}, "x")
CHAIN_KERNEL(chains_of_16, __attribute__((target("arch=x86-64-v4"))), float16, (float16){0}, "v")

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void run_chains(int level, long steps) {
    if (level == KERNEL_AVX512) {
        chains_of_16(steps);
    } else if (level == KERNEL_AVX2) {
        chains_of_8(steps);
    } else {
        chains_of_4(steps);
    }
}

/// The shortest of some times of `steps` multiply-adds in each chain.
static double chain_seconds(int level, long steps, int tries) {
    double best = 1;
    for (int i = 0; i < tries; i++) {
        const double start = now();
        run_chains(level, steps);
        const double time = now() - start;
        if (time < best) best = time;
    }
    return best;
}

double kernel_peak(int level) {
    const long lanes = level == KERNEL_AVX512 ? 16 : level == KERNEL_AVX2 ? 8 : 4, steps = 200000;
    return 2e-9 * (double)(lanes * CHAINS * steps) / chain_seconds(level, steps, 20);
}

/// Whether vectors of 512 bits multiply at least as fast as those of 256. Where the units are half as wide, as in Zen 4,
/// both do as much, and networks gain from registers and fewer instructions. Takes microseconds.
static int gains_from_512(void) {
    double eight = 1, sixteen = 1;
    // In turn, so that a change of the clock's rate meets both.
    for (int i = 0; i < 8; i++) {
        const double a = chain_seconds(KERNEL_AVX2, 200, 1), b = chain_seconds(KERNEL_AVX512, 200, 1);
        if (a < eight) eight = a;
        if (b < sixteen) sixteen = b;
    }
    return 2 * eight > 0.9 * sixteen;
}

__attribute__((target("arch=x86-64-v4,avx512bf16"), noinline)) static void chains_of_pairs(long steps) {
    __m512 sums[CHAINS];
    const __m512bh factor = (__m512bh)_mm512_setzero_ps();
    UNROLLED for (int i = 0; i < CHAINS; i++) sums[i] = _mm512_setzero_ps();
    _Pragma("clang loop unroll(disable)") for (long k = 0; k < steps; k++) {
        UNROLLED for (int i = 0; i < CHAINS; i++) {
            sums[i] = _mm512_dpbf16_ps(sums[i], factor, factor);
            __asm__("" : "+v"(sums[i]));
        }
    }
}

/// Whether a product of pairs takes less time than the two multiply-adds of float32 with the same bits. In Intel's
/// processors it takes twice as long.
static int gains_from_pairs(void) {
    double pairs = 1, plain = 1;
    for (int i = 0; i < 8; i++) {
        const double start = now();
        chains_of_pairs(200);
        const double a = now() - start, b = chain_seconds(KERNEL_AVX512, 200, 1);
        if (a < pairs) pairs = a;
        if (b < plain) plain = b;
    }
    return 2 * plain > 1.2 * pairs;
}
#else
double kernel_peak(int level) { return level * 0.0; }
static int gains_from_512(void) { return 1; }
static int gains_from_pairs(void) { return 0; }
#endif

__attribute__((constructor)) static void choose_level(void) {
    const char *wanted = getenv("SEG_KERNELS");
    int level = kernel_highest_level();
    if (wanted != NULL && strcmp(wanted, "sse2") == 0) {
        level = KERNEL_SSE2;
    } else if (wanted != NULL && strcmp(wanted, "avx2") == 0) {
        level = KERNEL_AVX2;
    } else if (level == KERNEL_AVX512 && (wanted == NULL || strcmp(wanted, "avx512") != 0) && !gains_from_512()) {
        level = KERNEL_AVX2;
    }
    kernel_set_level(level, level == KERNEL_AVX512);
    // They gain where the units are of 256 bits, too.
    if (wanted == NULL) {
        kernel_use_bfloat16(BFLOAT16_MATRICES);
        if (kernel_bfloat16_in_use == BFLOAT16_VECTORS && !gains_from_pairs()) kernel_use_bfloat16(BFLOAT16_NONE);
    } else if (strcmp(wanted, "avx512") == 0) {
        kernel_use_bfloat16(BFLOAT16_VECTORS);
    }
}
