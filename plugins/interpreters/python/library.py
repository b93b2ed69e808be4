"""The modules that scripts have: the standard library's, and eco's own.

There are no files at run time: only what was imported here, while the component was built, can be
imported then. This file owns that list. It knows nothing of scripts or of eco.
"""

import importlib

MODULES = """
    abc array ast asyncio base64 binascii bisect calendar cmath codecs collections collections.abc
    contextlib contextvars copy csv dataclasses datetime decimal difflib email email.generator
    email.headerregistry email.iterators email.message email.mime.multipart email.mime.text
    email.parser email.policy email.utils enum errno fnmatch fractions functools gc graphlib gzip
    hashlib heapq hmac html html.entities html.parser http http.cookies inspect io ipaddress
    itertools json keyword locale logging math numbers operator os os.path pathlib pickle pprint
    quopri random re reprlib secrets shlex socket statistics string string.templatelib stringprep
    struct sys textwrap threading time tokenize tomllib traceback types typing unicodedata
    urllib.parse uuid warnings weakref xml.etree.ElementTree zlib
""".split()

# What the modules above import only when they need it: strptime, long integers as text, email.
LATER = """
    _pylong _strptime email._header_value_parser email.base64mime email.encoders email.quoprimime
""".split()

# Encodings are modules too, each imported when it is first used.
ENCODINGS = """
    ascii base64_codec big5 cp037 cp1250 cp1251 cp1252 cp437 cp850 euc_jp gb18030 gbk hex_codec idna
    iso8859_1 iso8859_2 iso8859_15 koi8_r latin_1 mac_roman punycode quopri_codec
    raw_unicode_escape rot_13 shift_jis unicode_escape utf_16 utf_16_be utf_16_le utf_32 utf_32_be
    utf_32_le utf_7 utf_8 utf_8_sig zlib_codec
""".split()


# eco's own: what scripts may import beside the standard library.
OWN = ["eco"]


def load():
    """Imports everything."""
    for name in MODULES + LATER + OWN:
        importlib.import_module(name)
    for name in ENCODINGS:
        importlib.import_module("encodings." + name)
