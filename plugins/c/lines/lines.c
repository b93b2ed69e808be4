// lines: numbers the lines that the peer sends, and says goodbye with their number.
//
// Every connection has an instance of its own, so the static variables are that connection's state.

#include "session_plugin.h"
#include <stdlib.h>
#include <string.h>

// Bytes that become more. The space doubles when it is full, which keeps a line that comes byte by
// byte as cheap as one that comes at once.
typedef struct {
  uint8_t *bytes;
  size_t length;
  size_t space;
} buffer_t;

static void append(buffer_t *buffer, const void *bytes, size_t length) {
  if (length == 0) {
    return;
  }
  if (length > buffer->space - buffer->length) {
    buffer->space = 2 * (buffer->length + length);
    buffer->bytes = realloc(buffer->bytes, buffer->space);
    if (buffer->bytes == NULL) {
      abort(); // Ends this connection, and no other.
    }
  }
  memcpy(buffer->bytes + buffer->length, bytes, length);
  buffer->length += length;
}

static void append_text(buffer_t *buffer, const char *text) {
  append(buffer, text, strlen(text));
}

// Does without printf, which would make the plugin ten times as big.
static void append_number(buffer_t *buffer, uint64_t number) {
  char digits[20];
  size_t at = sizeof digits;
  do {
    digits[--at] = '0' + number % 10;
    number /= 10;
  } while (number > 0);
  append(buffer, digits + at, sizeof digits - at);
}

static buffer_t rest;  // The line whose end hasn't come yet.
static uint64_t count; // The lines answered so far.

static void answer(buffer_t *replies) {
  count++;
  append_number(replies, count);
  append_text(replies, ": ");
  append(replies, rest.bytes, rest.length);
  append_text(replies, "\n");
  rest.length = 0;
}

// Hands the bytes over, to be freed by eco once they are written. True says that all is well; with
// false there would be a text in the last parameter of the functions below, for eco's log.
static bool reply_with(buffer_t replies, exports_eco_plugin_session_reply_t *ret) {
  ret->data = (session_plugin_list_u8_t){replies.bytes, replies.length};
  ret->next = EXPORTS_ECO_PLUGIN_SESSION_NEXT_KEEP_OPEN;
  return true;
}

// Called once, before anything has come. The reply is the greeting.
bool exports_eco_plugin_session_open(exports_eco_plugin_session_connection_t *peer,
                                     exports_eco_plugin_session_reply_t *ret,
                                     session_plugin_string_t *err) {
  exports_eco_plugin_session_connection_free(peer);
  buffer_t replies = {0};
  append_text(&replies, "ready\n");
  return reply_with(replies, ret);
}

// Called with each chunk. Lines end anywhere in it: what follows the last one is kept for later.
bool exports_eco_plugin_session_receive(session_plugin_list_u8_t *chunk,
                                        exports_eco_plugin_session_reply_t *ret,
                                        session_plugin_string_t *err) {
  buffer_t replies = {0};
  uint8_t *start = chunk->ptr;
  uint8_t *end = chunk->ptr + chunk->len;
  for (uint8_t *newline; (newline = memchr(start, '\n', end - start)); start = newline + 1) {
    append(&rest, start, newline - start);
    answer(&replies);
  }
  append(&rest, start, end - start);
  session_plugin_list_u8_free(chunk);
  return reply_with(replies, ret);
}

// Called when the peer has finished sending. It still reads.
bool exports_eco_plugin_session_end_of_input(exports_eco_plugin_session_reply_t *ret,
                                             session_plugin_string_t *err) {
  buffer_t replies = {0};
  if (rest.length > 0) {
    answer(&replies);
  }
  append_text(&replies, "goodbye after ");
  append_number(&replies, count);
  append_text(&replies, " lines\n");
  return reply_with(replies, ret);
}

// Called last, whatever the end was. Nothing can be sent any more, but the log is still there.
void exports_eco_plugin_session_closed(exports_eco_plugin_session_reason_t why) {
  static const char *const lines[] = {
      [EXPORTS_ECO_PLUGIN_SESSION_REASON_ENDED] = "closed: ended",
      [EXPORTS_ECO_PLUGIN_SESSION_REASON_BY_PLUGIN] = "closed: by-plugin",
      [EXPORTS_ECO_PLUGIN_SESSION_REASON_PEER_RESET] = "closed: peer-reset",
      [EXPORTS_ECO_PLUGIN_SESSION_REASON_IDLE] = "closed: idle",
      [EXPORTS_ECO_PLUGIN_SESSION_REASON_STALLED] = "closed: stalled",
      [EXPORTS_ECO_PLUGIN_SESSION_REASON_STOPPING] = "closed: stopping",
      [EXPORTS_ECO_PLUGIN_SESSION_REASON_FAILED] = "closed: failed",
  };
  session_plugin_string_t line;
  session_plugin_string_set(&line, lines[why]); // Borrows the text, so there is nothing to free.
  eco_plugin_log_log(ECO_PLUGIN_LOG_LEVEL_INFO, &line);
}
