/* Owns malloc: the size of each block is written before it, since QuickJS doesn't say it when it gives one
   back. These take the place of the C library's, which spreads blocks over the memory by their size. */

#include <stdint.h>
#include <string.h>

#include "memory.h"

struct header {
    _Alignas(8) size_t size;
};

_Static_assert(sizeof(struct header) == HEADER, "the bytes of a large block lie where a copy is fast");

static struct header *header_of(void *block) {
    return (struct header *) block - 1;
}

void *malloc(size_t size) {
    struct header *header = size > PTRDIFF_MAX ? NULL : memory_take(size + sizeof *header);
    if (!header) return NULL;
    header->size = size;
    return header + 1;
}

void free(void *block) {
    if (block) memory_give_back(header_of(block), header_of(block)->size + sizeof(struct header));
}

void *calloc(size_t count, size_t size) {
    if (size > 0 && count > PTRDIFF_MAX / size) return NULL;
    void *block = malloc(count * size);
    if (block) memset(block, 0, count * size);
    return block;
}

void *realloc(void *block, size_t size) {
    if (!block) return malloc(size);
    struct header *header = header_of(block);
    if (size == 0) {
        free(block);
        return NULL;
    }
    if (size > PTRDIFF_MAX) return NULL;
    header = memory_resize(header, header->size + sizeof *header, size + sizeof *header);
    if (!header) return NULL;
    header->size = size;
    return header + 1;
}

size_t malloc_usable_size(void *block) {
    return block ? header_of(block)->size : 0;
}
