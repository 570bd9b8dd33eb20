#pragma once
/* Counting of allocations, and what keeps an optimiser from leaving out what is measured. */
#include <stdbool.h>
#include <stdint.h>

/* Whether allocations can be counted: not where a sanitizer has its own allocator. */
bool benchmarks_can_count(void);
/* From now on, of all threads; begins at 0. */
void benchmarks_count_begin(void);
/* Ends the counting. */
void benchmarks_count_end(uint64_t *allocations, uint64_t *bytes);

/* Calls into another compilation unit, of which the caller knows nothing: the value has to be there, and what the pointer
 * leads to may have been read, and is other than it was. */
void benchmarks_use(uint64_t value);
void benchmarks_touch(const void *memory);
