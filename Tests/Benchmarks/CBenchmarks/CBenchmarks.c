#include "CBenchmarks.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define HAS_OWN_ALLOCATOR 1
#endif
#endif

static atomic_bool is_counting;
static atomic_uint_fast64_t allocations_counted;
static atomic_uint_fast64_t bytes_counted;

void benchmarks_count_begin(void) {
    atomic_store(&allocations_counted, 0);
    atomic_store(&bytes_counted, 0);
    atomic_store(&is_counting, true);
}

void benchmarks_count_end(uint64_t *allocations, uint64_t *bytes) {
    atomic_store(&is_counting, false);
    *allocations = atomic_load(&allocations_counted);
    *bytes = atomic_load(&bytes_counted);
}

void benchmarks_use(uint64_t value) { __asm__ volatile("" : : "r"(value)); }
void benchmarks_touch(const void *memory) { __asm__ volatile("" : : "r"(memory) : "memory"); }

#ifdef HAS_OWN_ALLOCATOR

bool benchmarks_can_count(void) { return false; }

#else

bool benchmarks_can_count(void) { return true; }

/* A program's own malloc comes before that of glibc, for its shared libraries, too; glibc has its functions under these
 * names as well. `free` stays glibc's. */
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *memory, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);

static inline void count(size_t bytes) {
    if (!atomic_load_explicit(&is_counting, memory_order_relaxed)) return;
    atomic_fetch_add_explicit(&allocations_counted, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&bytes_counted, bytes, memory_order_relaxed);
}

void *malloc(size_t bytes) {
    count(bytes);
    return __libc_malloc(bytes);
}

void *calloc(size_t number, size_t bytes) {
    count(number * bytes);
    return __libc_calloc(number, bytes);
}

void *realloc(void *memory, size_t bytes) {
    count(bytes);
    return __libc_realloc(memory, bytes);
}

void *memalign(size_t alignment, size_t bytes) {
    count(bytes);
    return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) {
    count(bytes);
    return __libc_memalign(alignment, bytes);
}

int posix_memalign(void **memory, size_t alignment, size_t bytes) {
    if (alignment == 0 || alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
    count(bytes);
    int before = errno;
    void *made = __libc_memalign(alignment, bytes);
    errno = before;
    if (made == NULL) return ENOMEM;
    *memory = made;
    return 0;
}

#endif
