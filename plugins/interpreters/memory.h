// Memory for interpreters. Blocks have no headers: whoever has one knows its size, which is never 0.
// Where there is no more memory, NULL is returned, and all is as it was.
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

void *memory_take(size_t size);
void memory_give_back(void *block, size_t size);
void *memory_resize(void *block, size_t old_size, size_t size);

#endif
