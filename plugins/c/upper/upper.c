// upper: every letter from a to z comes back as a capital, every other byte unchanged.
//
// `eco build` generates handler_plugin.h from eco's contract. It declares the one function that this
// plugin must define, which eco calls with each chunk that the peer sent. Where a chunk begins and
// ends is up to the network, so this looks at single bytes, never at words or lines.

#include "handler_plugin.h"

void exports_eco_plugin_handler_receive(handler_plugin_list_u8_t *chunk,
                                        handler_plugin_list_u8_t *ret) {
  for (size_t at = 0; at < chunk->len; at++) {
    uint8_t byte = chunk->ptr[at];
    if (byte >= 'a' && byte <= 'z') {
      chunk->ptr[at] = byte - 'a' + 'A';
    }
  }
  // The chunk is ours, and so it may be the reply as well: eco frees what is returned.
  *ret = *chunk;
}
