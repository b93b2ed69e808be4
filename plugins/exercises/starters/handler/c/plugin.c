// A plugin of one function: bytes come in, and what it returns is sent back.
//
// `eco build` generates handler_plugin.h from eco's contract; afterwards you find it in build/.

#include "handler_plugin.h"
#include <stdlib.h>
#include <string.h>

// What must be kept between chunks goes here, in static variables. Every connection has an instance of
// its own, so they are that connection's state. For example:
//
//   static uint8_t *rest;
//   static size_t rest_length;

// Called with each chunk that arrived, cut wherever the network cut it.
void exports_eco_plugin_handler_receive(handler_plugin_list_u8_t *chunk,
                                        handler_plugin_list_u8_t *ret) {
  // Begin here: chunk->ptr is where the bytes are, chunk->len is how many. They are yours to change.
  handler_plugin_list_u8_free(chunk);

  // The reply. An empty one sends nothing, and the connection stays open. Its bytes must come from
  // malloc, or be the chunk's own (then don't free them above): eco frees them once they are sent.
  ret->ptr = NULL;
  ret->len = 0;
}
