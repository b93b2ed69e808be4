// Owns the memory that an interpreter takes and gives back: part of each that is built here. It must not
// know what lies in it.
//
// All blocks are cut from one place, whatever their size, so that what a script has lies close together:
// each page that is touched is one that a connection has for itself, and has to come into the caches.
//
// The bytes of a large block, which begin HEADER behind it, lie at a place that LINE divides: some processors copy
// many times as slowly where the target lies a few bytes behind the source within a page
// (`host/net/src/page_offset.rs` has the reason). HEADER is what the language keeps before the bytes of a chunk.
#include "memory.h"

#include <stdbool.h>
#include <stdint.h>

// Sizes are rounded: up to 128 bytes to the next 8, up to 8 KiB to an eighth of a power of 2, and then to
// a power of 2. A block that was given back serves again for what is rounded to the same.
enum {
    STEP = 8,
    SMALL_POWER = 7,
    LARGE_POWER = 13,
    SMALL_CLASSES = (1 << SMALL_POWER) / STEP,
    MEDIUM_CLASSES = (LARGE_POWER - SMALL_POWER) * 8,
    CLASSES = SMALL_CLASSES + MEDIUM_CLASSES + 31 - LARGE_POWER,
    PAGE = 65536,
    // Blocks larger than this are large.
    LARGE = 1024,
    LINE = 64,
};

_Static_assert(HEADER % STEP == 0, "every block lies at a multiple of STEP");

struct size_class {
    unsigned index;
    size_t size;
};

// A block that was given back.
struct block {
    struct block *next;
};

static struct block *unused[CLASSES];

// What was never used: from the end of the program's own data to the end of memory.
extern char __heap_base;
static char *fresh, *end;

// Of a size from 1 to 2^31.
static struct size_class class_of(size_t size) {
    if (size <= 1 << SMALL_POWER) {
        unsigned index = (unsigned)(size - 1) / STEP;
        return (struct size_class){index, (index + 1) * STEP};
    }
    // 7 for 129 to 256 bytes, 8 for 257 to 512.
    unsigned power = 31 - (unsigned)__builtin_clz((unsigned)(size - 1));
    if (power < LARGE_POWER) {
        unsigned eighths = (unsigned)(size - 1) >> (power - 3);
        return (struct size_class){SMALL_CLASSES + 8 * (power - SMALL_POWER) + eighths - 8,
                                   (size_t)(eighths + 1) << (power - 3)};
    }
    return (struct size_class){SMALL_CLASSES + MEDIUM_CLASSES + power - LARGE_POWER,
                               (size_t)2 << power};
}

static void begin(void) {
    fresh = (char *)(((uintptr_t)&__heap_base + STEP - 1) & ~(uintptr_t)(STEP - 1));
    end = (char *)(__builtin_wasm_memory_size(0) * PAGE);
}

// Has the host make memory larger, or returns false if it doesn't.
static bool grow(size_t size) {
    size_t left = (size_t)(end - fresh);
    if (left >= size) return true;
    size_t pages = (size - left + PAGE - 1) / PAGE;
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) return false;
    end += pages * PAGE;
    return true;
}

void *memory_take(size_t size) {
    if (size > (size_t)1 << 31) return NULL;
    struct size_class class = class_of(size);
    struct block *block = unused[class.index];
    if (block != NULL) {
        unused[class.index] = block->next;
        return block;
    }
    if (fresh == NULL) begin();
    size_t gap = class.size > LARGE ? -((uintptr_t)fresh + HEADER) % LINE : 0;
    if (!grow(gap + class.size)) return NULL;
    // What is left before it serves nobody: small blocks there would be spread over many pages.
    fresh += gap;
    void *taken = fresh;
    fresh += class.size;
    return taken;
}

void memory_give_back(void *given, size_t size) {
    struct block *block = given;
    struct block **list = &unused[class_of(size).index];
    block->next = *list;
    *list = block;
}

void *memory_resize(void *block, size_t old_size, size_t size) {
    if (class_of(old_size).index == class_of(size).index) return block;
    void *resized = memory_take(size);
    if (resized == NULL) return NULL;
    __builtin_memcpy(resized, block, old_size < size ? old_size : size);
    memory_give_back(block, old_size);
    return resized;
}
