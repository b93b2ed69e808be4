"""The modules that scripts have: the standard library's, and eco's own.

There are no files at run time: only what was imported here, while the component was built, can be
imported then. This file owns that list. It knows nothing of scripts or of eco.
"""

import dis
import gc
import importlib.util
import sys
import types

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

# What is imported by C code, of which nothing here can be told: for strptime, and long integers as text.
BY_C = ["_pylong", "_strptime"]

# Encodings are modules too, each imported when it is first used.
ENCODINGS = """
    ascii base64_codec big5 cp037 cp1250 cp1251 cp1252 cp437 cp850 euc_jp gb18030 gbk hex_codec idna
    iso8859_1 iso8859_2 iso8859_15 koi8_r latin_1 mac_roman punycode quopri_codec
    raw_unicode_escape rot_13 shift_jis unicode_escape utf_16 utf_16_be utf_16_le utf_32 utf_32_be
    utf_32_le utf_7 utf_8 utf_8_sig zlib_codec
""".split()


# eco's own: what scripts may import beside the standard library.
OWN = ["eco"]

# What functions of the standard library import and is of no use here. A script that imports it is told what there is
# instead, and what it would take of every connection's memory is left for the script.
ELSEWHERE = """
    _pyrepl argparse concurrent ctypes curses getopt multiprocessing pdb readline rlcompleter subprocess termios tkinter tty
    unittest venv webbrowser
    ftplib http.cookiejar http.server mimetypes netrc socketserver ssl
    bz2 compression grp importlib.metadata importlib.readers importlib.resources lzma plistlib pwd py_compile tarfile zipfile
    _aix_support _ios_support _osx_support _winapi asyncio.windows_events java nt vms_lib winreg
    pydoc_data sitecustomize usercustomize
""".split()
"""Command lines, threads and processes; the network; files, archives and packages; other systems; a megabyte of help."""


def load():
    """Imports everything."""
    for name in MODULES + BY_C + OWN:
        importlib.import_module(name)
    for name in ENCODINGS:
        importlib.import_module("encodings." + name)
    load_what_is_imported_late()


def load_what_is_imported_late():
    """Imports what functions of the modules that are there would import when they are called, and so on."""
    tried = set()
    while names := imported_late() - tried:
        tried |= names
        for name in sorted(names):
            if not is_elsewhere(name):
                importlib.import_module(name)


def is_elsewhere(name):
    return any(f"{name}.".startswith(f"{other}.") for other in ELSEWHERE)


def imported_late():
    """The names of all modules that functions import when they are called."""
    functions = [each for each in gc.get_objects() if isinstance(each, types.FunctionType)]
    return {name for each in functions for name in imports(each.__code__, each.__globals__.get("__package__"))}


def imports(code, package):
    """The names of the modules that code imports, and code in it."""
    for name, level, members in dis._find_imports(code):
        if level:
            name = importlib.util.resolve_name("." * level + name, package)
        yield name
        # What a package doesn't have is a module of its own, which is told once the package is loaded.
        module = sys.modules.get(name)
        if hasattr(module, "__path__"):
            yield from (f"{name}.{member}" for member in members or () if not hasattr(module, member))
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from imports(inner, package)
