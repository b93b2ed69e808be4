/* Owns the lines that people read: their limit, their being one line, and their being valid UTF-8,
   without which the host couldn't take them. Knows nothing of what they say. */

#include "line.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine.h"

size_t utf8_put(char *to, uint32_t character) {
    if (character >= 0xD800 && character <= 0xDFFF) character = 0xFFFD;
    if (character < 0x80) {
        to[0] = (char) character;
        return 1;
    }
    size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, character >>= 6)
        to[i] = (char) (0x80 | (character & 0x3F));
    to[0] = (char) ((0xF00 >> length & 0xF0) | character);
    return length;
}

int utf8_sequence(const uint8_t *at, size_t left, bool *cut) {
    uint8_t first = at[0], lowest = 0x80, highest = 0xBF;
    *cut = false;
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return -1;
    int length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    /* No detours to short characters, no surrogates, nothing beyond U+10FFFF. */
    if (first == 0xE0) lowest = 0xA0;
    if (first == 0xED) highest = 0x9F;
    if (first == 0xF0) lowest = 0x90;
    if (first == 0xF4) highest = 0x8F;
    for (int i = 1; i < length; i++) {
        if ((size_t) i == left) {
            *cut = true;
            return -i;
        }
        if (at[i] < lowest || at[i] > highest) return -i;
        lowest = 0x80;
        highest = 0xBF;
    }
    return length;
}

static bool breaks_a_line(uint32_t character) {
    return character < 0x20 || (character >= 0x7F && character < 0xA0) || character == 0x2028 ||
           character == 0x2029;
}

static bool add_character(struct line *line, uint32_t character) {
    char bytes[4];
    size_t length = utf8_put(bytes, breaks_a_line(character) ? ' ' : character);
    if (line->cut) return false;
    if (line->length + length > LINE_LIMIT) {
        line->cut = true;
        length = utf8_put(bytes, 0x2026); /* An ellipsis: something is missing here. */
    }
    memcpy(line->text + line->length, bytes, length);
    line->length += length;
    return !line->cut;
}

static uint32_t decoded(const uint8_t *at, int length) {
    if (length < 0) return 0xFFFD;
    if (length == 1) return at[0];
    uint32_t character = at[0] & (0x7F >> length);
    for (int i = 1; i < length; i++) character = character << 6 | (at[i] & 0x3F);
    return character;
}

void line_add_utf8(struct line *line, const char *text, size_t length) {
    const uint8_t *at = (const uint8_t *) text, *end = at + length;
    while (at < end) {
        bool cut;
        int step = utf8_sequence(at, (size_t) (end - at), &cut);
        if (!add_character(line, decoded(at, step))) return;
        at += step < 0 ? -step : step;
    }
}

void line_add(struct line *line, const char *format, ...) {
    char text[LINE_LIMIT + 1];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    if (length > LINE_LIMIT) length = LINE_LIMIT;
    if (length > 0) line_add_utf8(line, text, (size_t) length);
}

void line_add_string(struct line *line, JSValueConst string) {
    uint32_t length = engine_units(string);
    for (uint32_t i = 0; i < length; i++) {
        uint32_t character = engine_unit(string, i);
        if ((character & 0xFC00) == 0xD800 && i + 1 < length) {
            uint32_t second = engine_unit(string, i + 1);
            if ((second & 0xFC00) == 0xDC00) {
                character = 0x10000 + ((character & 0x3FF) << 10) + (second & 0x3FF);
                i++;
            }
        }
        if (!add_character(line, character)) return;
    }
}

void line_log(const struct line *line, eco_plugin_log_level_t level) {
    script_interpreter_string_t text = line_text(line);
    eco_plugin_log_log(level, &text);
}

script_interpreter_string_t line_text(const struct line *line) {
    return (script_interpreter_string_t) { (uint8_t *) line->text, line->length };
}
