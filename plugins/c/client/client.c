// client: sends lines to the plugin `lines`, one after the other, and checks every reply.
//
// A client plugin holds a dialogue in turns. A turn says what to send and how far to read after it,
// and eco does both. What was read comes to `replied`, which returns the next turn.

#include "client_plugin.h"
#include <stdlib.h>
#include <string.h>

typedef exports_eco_plugin_client_turn_t turn_t;
typedef exports_eco_plugin_client_step_t step_t;

// Bytes that become more.
typedef struct {
  uint8_t *bytes;
  size_t length;
} buffer_t;

static void append(buffer_t *buffer, const void *bytes, size_t length) {
  if (length == 0) {
    return;
  }
  buffer->bytes = realloc(buffer->bytes, buffer->length + length);
  if (buffer->bytes == NULL) {
    abort();
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

static buffer_t message; // Every line in it has its newline.
static size_t next;      // Where in it the line is that is sent next.
static uint64_t count;   // The lines sent so far.
static enum { GREETING, LINE, GOODBYE } stage;
static buffer_t expected; // What the reply to the last turn must be.

// What is returned is freed by eco, each part of it by itself. So it gets a copy of each.
static client_plugin_list_u8_t copy(const void *bytes, size_t length) {
  buffer_t copied = {0};
  append(&copied, bytes, length);
  return (client_plugin_list_u8_t){copied.bytes, copied.length};
}

static turn_t through_newline(const uint8_t *line, size_t length) {
  turn_t turn = {.send = copy(line, length)};
  turn.expect.tag = EXPORTS_ECO_PLUGIN_CLIENT_EXPECT_THROUGH;
  turn.expect.val.through = copy("\n", 1);
  return turn;
}

static turn_t next_line(void) {
  uint8_t *line = message.bytes + next;
  uint8_t *newline = memchr(line, '\n', message.length - next);
  size_t length = newline + 1 - line;
  next += length;
  count++;
  stage = LINE;
  expected.length = 0;
  append_number(&expected, count);
  append_text(&expected, ": ");
  append(&expected, line, length);
  return through_newline(line, length);
}

static turn_t goodbye(void) {
  stage = GOODBYE;
  expected.length = 0;
  append_text(&expected, "goodbye after ");
  append_number(&expected, count);
  append_text(&expected, " lines\n");
  return (turn_t){.expect.tag = EXPORTS_ECO_PLUGIN_CLIENT_EXPECT_TO_END};
}

static step_t wrong(size_t offset) {
  buffer_t reason = {0};
  switch (stage) {
  case GREETING:
    append_text(&reason, "the greeting should be ready");
    break;
  case LINE:
    append_text(&reason, "line ");
    append_number(&reason, count);
    append_text(&reason, " came back changed");
    break;
  case GOODBYE:
    append_text(&reason, "the goodbye should be for ");
    append_number(&reason, count);
    append_text(&reason, " lines");
    break;
  }
  step_t step = {.tag = EXPORTS_ECO_PLUGIN_CLIENT_STEP_WRONG};
  step.val.wrong.reason = (client_plugin_string_t){reason.bytes, reason.length};
  step.val.wrong.offset = (client_plugin_option_u64_t){.is_some = true, .val = offset};
  return step;
}

// The first place where the reply isn't as expected, or the length of the shorter one.
static size_t difference(const client_plugin_list_u8_t *reply) {
  size_t at = 0;
  while (at < reply->len && at < expected.length && reply->ptr[at] == expected.bytes[at]) {
    at++;
  }
  return at;
}

// Called first. The message is what the user typed, or NULL. True says that all is well; with false
// there would be a text in `err`, which says why the dialogue can't go on.
bool exports_eco_plugin_client_start(client_plugin_list_u8_t *maybe_message, turn_t *ret,
                                     client_plugin_string_t *err) {
  if (maybe_message == NULL) {
    append_text(&message, "one\ntwo\nthree\n");
  } else {
    message = (buffer_t){maybe_message->ptr, maybe_message->len}; // Ours from now on.
    if (message.length > 0 && message.bytes[message.length - 1] != '\n') {
      append_text(&message, "\n");
    }
  }
  append_text(&expected, "ready\n");
  *ret = through_newline(NULL, 0);
  return true;
}

// Called with each reply, read exactly as far as the turn said.
bool exports_eco_plugin_client_replied(client_plugin_list_u8_t *reply, step_t *ret,
                                       client_plugin_string_t *err) {
  size_t offset = difference(reply);
  bool right = offset == reply->len && offset == expected.length;
  client_plugin_list_u8_free(reply);
  if (!right) {
    *ret = wrong(offset);
  } else if (next < message.length) {
    *ret = (step_t){.tag = EXPORTS_ECO_PLUGIN_CLIENT_STEP_NEXT, .val.next = next_line()};
  } else if (stage != GOODBYE) {
    *ret = (step_t){.tag = EXPORTS_ECO_PLUGIN_CLIENT_STEP_NEXT, .val.next = goodbye()};
  } else {
    *ret = (step_t){.tag = EXPORTS_ECO_PLUGIN_CLIENT_STEP_DONE};
  }
  return true;
}
