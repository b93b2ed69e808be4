// chat: a room in which everybody hears what the others say, and who comes and goes.
//
// Every connection has an instance of its own, so the static variables are that connection's state. What
// connections share goes through topics.

#include "event_plugin.h"
#include <stdlib.h>
#include <string.h>

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

static buffer_t rest; // The line whose end hasn't come yet.
static bool named;

// Hands the bytes over, to be freed by eco once they are written.
static bool reply_with(buffer_t said, exports_eco_plugin_session_reply_t *ret) {
  ret->data = (event_plugin_list_u8_t){said.bytes, said.length};
  ret->next = EXPORTS_ECO_PLUGIN_SESSION_NEXT_KEEP_OPEN;
  return true;
}

// Ends the connection with a reset; the text is for eco's log.
static bool fail(const char *text, event_plugin_string_t *err) {
  event_plugin_string_dup(err, text);
  return false;
}

static event_plugin_string_t room(void) {
  event_plugin_string_t topic;
  event_plugin_string_set(&topic, "room"); // Borrows the text, so there is nothing to free.
  return topic;
}

// Takes the line for the name. From now on `event` is called; who is there already is told here.
static bool enter(buffer_t *said) {
  event_plugin_string_t topic = room(), label = {rest.bytes, rest.length};
  eco_plugin_topics_list_member_t others;
  eco_plugin_topics_problem_t problem;
  if (!eco_plugin_topics_subscribe(&topic, &label, &others, &problem)) {
    return false;
  }
  named = true;
  append_text(said, others.len > 0 ? "Here: " : "You are the first.");
  for (size_t i = 0; i < others.len; i++) {
    append_text(said, i > 0 ? ", " : "");
    append(said, others.ptr[i].label.ptr, others.ptr[i].label.len);
  }
  append_text(said, "\n");
  eco_plugin_topics_list_member_free(&others);
  return true;
}

// To all others, when this call has returned.
static bool say(void) {
  event_plugin_string_t topic = room();
  event_plugin_list_u8_t line = {rest.bytes, rest.length};
  eco_plugin_topics_problem_t problem;
  return eco_plugin_topics_publish(&topic, &line, &problem);
}

bool exports_eco_plugin_session_open(exports_eco_plugin_session_connection_t *peer,
                                     exports_eco_plugin_session_reply_t *ret,
                                     event_plugin_string_t *err) {
  exports_eco_plugin_session_connection_free(peer);
  buffer_t said = {0};
  append_text(&said, "Your name? ");
  return reply_with(said, ret);
}

// Called with each chunk. Lines end anywhere in it: what follows the last one is kept for later.
bool exports_eco_plugin_session_receive(event_plugin_list_u8_t *chunk,
                                        exports_eco_plugin_session_reply_t *ret,
                                        event_plugin_string_t *err) {
  buffer_t said = {0};
  uint8_t *start = chunk->ptr;
  uint8_t *end = chunk->ptr + chunk->len;
  for (uint8_t *newline; (newline = memchr(start, '\n', end - start)); start = newline + 1) {
    append(&rest, start, newline - start);
    if (!(named ? say() : enter(&said))) {
      return fail("the room is closed to it: see the log for the limit", err);
    }
    rest.length = 0;
  }
  append(&rest, start, end - start);
  event_plugin_list_u8_free(chunk);
  return reply_with(said, ret);
}

bool exports_eco_plugin_session_end_of_input(exports_eco_plugin_session_reply_t *ret,
                                             event_plugin_string_t *err) {
  return reply_with((buffer_t){0}, ret);
}

void exports_eco_plugin_session_closed(exports_eco_plugin_session_reason_t why) {}

static void tell_presence(buffer_t *said, exports_eco_plugin_events_presence_t *presence, const char *what) {
  append(said, presence->member.label.ptr, presence->member.label.len);
  append_text(said, what);
}

// What this returns goes to the peer, as what `receive` returns does.
bool exports_eco_plugin_events_event(exports_eco_plugin_events_happening_t *event,
                                     exports_eco_plugin_session_reply_t *ret,
                                     event_plugin_string_t *err) {
  buffer_t said = {0};
  exports_eco_plugin_events_message_t *message = &event->val.message;
  switch (event->tag) {
  case EXPORTS_ECO_PLUGIN_EVENTS_HAPPENING_MESSAGE:
    append(&said, message->from.label.ptr, message->from.label.len);
    append_text(&said, ": ");
    append(&said, message->data.ptr, message->data.len);
    append_text(&said, "\n");
    break;
  case EXPORTS_ECO_PLUGIN_EVENTS_HAPPENING_JOINED:
    tell_presence(&said, &event->val.joined, " comes\n");
    break;
  case EXPORTS_ECO_PLUGIN_EVENTS_HAPPENING_LEFT:
    tell_presence(&said, &event->val.left, " goes\n");
    break;
  case EXPORTS_ECO_PLUGIN_EVENTS_HAPPENING_MISSED:
    append_text(&said, "(some missed)\n"); // More was said than this peer could take.
    break;
  }
  exports_eco_plugin_events_happening_free(event);
  return reply_with(said, ret);
}
