/* One line of text for a person. */
#ifndef LINE_H
#define LINE_H

#include "quickjs.h"
#include "script_interpreter.h"

#define LINE_LIMIT 1000

struct line {
    size_t length;
    bool cut;
    char text[LINE_LIMIT + 4];
};

/* Makes it empty. That is cheaper than all zeros. */
static inline void line_clear(struct line *line) {
    line->length = 0;
    line->cut = false;
}

/* Each of these cuts what doesn't fit, and never inside a character. The text that comes out is
   valid UTF-8 without control characters, whatever goes in. */
void line_add(struct line *line, const char *format, ...);
void line_add_utf8(struct line *line, const char *text, size_t length);
void line_add_string(struct line *line, JSValueConst string);

/* Writes the line to the log of the connection. */
void line_log(const struct line *line, eco_plugin_log_level_t level);

/* Its text, for as long as the line is there. */
script_interpreter_string_t line_text(const struct line *line);

/* Encodes one character as UTF-8; half a surrogate pair becomes U+FFFD. Returns the length. */
size_t utf8_put(char *to, uint32_t character);

/* Measures the sequence that starts at `at`: returns its length, negative if it is no character.
   `cut` says that it only lacks the bytes beyond the end. */
int utf8_sequence(const uint8_t *at, size_t left, bool *cut);

#endif
