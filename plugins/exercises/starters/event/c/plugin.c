// A plugin that takes part in the whole connection, and hears what happens beside it: what others say, and that
// time passes.
//
// `eco build` generates event_plugin.h from eco's contract; afterwards you find it in build/.

#include "event_plugin.h"
#include <stdlib.h>
#include <string.h>

// What must be kept between calls goes here, in static variables. Every connection has an instance of
// its own, so they are that connection's state. For example:
//
//   static uint8_t *rest;
//   static size_t rest_length;

// The bytes to send, which must come from malloc: eco frees them once they are sent. What comes next is
// ..._NEXT_KEEP_OPEN, or ..._NEXT_CLOSE once they are sent. True says that all is well; after false the
// connection is reset.
static bool reply(uint8_t *bytes, size_t length, exports_eco_plugin_session_next_t next,
                  exports_eco_plugin_session_reply_t *ret) {
  ret->data = (event_plugin_list_u8_t){bytes, length};
  ret->next = next;
  return true;
}

// Called once, first, before anything has come. The reply is a greeting, or empty.
bool exports_eco_plugin_session_open(exports_eco_plugin_session_connection_t *peer,
                                     exports_eco_plugin_session_reply_t *ret,
                                     event_plugin_string_t *err) {
  exports_eco_plugin_session_connection_free(peer);
  return reply(NULL, 0, EXPORTS_ECO_PLUGIN_SESSION_NEXT_KEEP_OPEN, ret);
}

// Called with each chunk that arrived, cut wherever the network cut it.
bool exports_eco_plugin_session_receive(event_plugin_list_u8_t *chunk,
                                        exports_eco_plugin_session_reply_t *ret,
                                        event_plugin_string_t *err) {
  // Begin here: chunk->ptr is where the bytes are, chunk->len is how many. They are yours to change.
  event_plugin_list_u8_free(chunk);
  return reply(NULL, 0, EXPORTS_ECO_PLUGIN_SESSION_NEXT_KEEP_OPEN, ret);
}

// Called when the client has finished sending. It still reads.
bool exports_eco_plugin_session_end_of_input(exports_eco_plugin_session_reply_t *ret,
                                             event_plugin_string_t *err) {
  return reply(NULL, 0, EXPORTS_ECO_PLUGIN_SESSION_NEXT_KEEP_OPEN, ret);
}

// Called last, whatever the end was. Nothing can be sent any more.
void exports_eco_plugin_session_closed(exports_eco_plugin_session_reason_t why) {}

// Called when others say something, come or go, and when the timer is over. What you do yourself is in
// event_plugin.h: eco_plugin_topics_..., eco_plugin_store_... and eco_plugin_timer_set.
bool exports_eco_plugin_events_event(exports_eco_plugin_events_happening_t *event,
                                     exports_eco_plugin_session_reply_t *ret,
                                     event_plugin_string_t *err) {
  exports_eco_plugin_events_happening_free(event);
  return reply(NULL, 0, EXPORTS_ECO_PLUGIN_SESSION_NEXT_KEEP_OPEN, ret);
}
