//! Scripts that ask for what eco doesn't have: sockets, files, packages. They are told what there is instead.

use crate::harness::Eco;
use crate::scripts::languages;
use crate::support::{Peer, plugin_file, serve};

const SOCKETS: &str = "eco has the sockets";
const PACKAGES: &str = "A plugin is one file, without packages";
const FILES: &str = "A plugin has no files";
const NETWORK: &str = "A plugin has no network of its own";
const THREADS: &str = "A plugin has no threads and no processes";

/// Calls that scripts of each language make as they are loaded, and the answer.
const ASKED: [(&str, &str, &str); 25] = [
    ("js", "const net = require('net');", PACKAGES),
    ("js", "import net from 'node:net';", SOCKETS),
    ("js", "import express from 'express';", SOCKETS),
    ("js", "import { readFileSync } from 'fs';", FILES),
    ("js", "import _ from 'lodash';", PACKAGES),
    ("js", "fetch('http://localhost/');", NETWORK),
    ("js", "process.env.HOME;", FILES),
    ("js", "new Worker('x.js');", THREADS),
    ("lua", "local socket = require('socket')", PACKAGES),
    ("lua", "socket.tcp()", SOCKETS),
    ("lua", "io.open('x')", FILES),
    ("lua", "print(os.time())", FILES),
    (
        "py",
        "import socket\nserver = socket.socket()\nserver.bind(('localhost', 5005))",
        SOCKETS,
    ),
    (
        "py",
        "import socket\nsocket.create_server(('localhost', 5005))",
        SOCKETS,
    ),
    ("py", "import socketserver", SOCKETS),
    ("py", "import http.server", SOCKETS),
    (
        "py",
        "import asyncio\nasync def main(): pass\nasyncio.run(main())",
        SOCKETS,
    ),
    ("py", "import requests", NETWORK),
    (
        "py",
        "import urllib.request\nurllib.request.urlopen('http://localhost/')",
        NETWORK,
    ),
    ("py", "import numpy", PACKAGES),
    ("py", "import subprocess\nsubprocess.run(['ls'])", THREADS),
    (
        "py",
        "import threading\nthreading.Thread(target=print).start()",
        THREADS,
    ),
    ("py", "import os\nos.fork()", THREADS),
    ("py", "open('notes.txt')", FILES),
    ("py", "import sqlite3", FILES),
];

#[test]
fn a_script_that_asks_for_what_eco_does_not_have_is_told_what_there_is_instead() {
    for (number, (end, asked, words)) in ASKED.into_iter().enumerate() {
        if !languages().any(|(language, _)| language == end) {
            continue;
        }
        let receive = match end {
            "js" => "function receive() {}",
            "lua" => "function receive() end",
            _ => "def receive(chunk): pass",
        };
        let path = plugin_file(
            &format!("asks-{number}.{end}"),
            format!("{asked}\n{receive}\n"),
        );
        let called = Eco::new(&["call", &path]).run(b"");
        assert_eq!(called.code, 65, "{asked}: {}", called.stderr);
        assert!(called.stderr.contains(words), "{asked}\n{}", called.stderr);
        if words == SOCKETS {
            let language = if end == "py" { "python" } else { end };
            let next = format!("`eco new hello --lang {language}`");
            assert!(called.stderr.contains(&next), "{asked}\n{}", called.stderr);
        }
    }
}

#[test]
fn a_script_that_asks_in_a_call_is_told_too_and_no_other_is() {
    for (end, text, words) in [
        (
            "js",
            "function receive(chunk) { require('fs') }",
            Some(PACKAGES),
        ),
        ("js", "function receive(chunk) { nowhere() }", None),
        (
            "lua",
            "function receive(chunk) io.write('x') end",
            Some(FILES),
        ),
        ("lua", "function receive(chunk) nowhere() end", None),
    ] {
        let server = serve(&["-p", &plugin_file(&format!("asks-in-a-call.{end}"), text)]);
        Peer::connect(server.address).send(b"x").expect_reset();
        let line = server.logged(&["failed", "receive"]);
        let hints = [SOCKETS, PACKAGES, FILES, NETWORK, THREADS];
        let told = hints.into_iter().find(|hint| line.contains(hint));
        assert_eq!(told, words, "{line}");
    }
}

/// Under plain `eco` no program embeds it, whose functions a script could call.
#[test]
fn a_script_that_calls_a_function_of_an_embedding_program_is_told_by_its_language_alone() {
    let asked = [
        (
            "js",
            "const value = kv.get('a');\nfunction receive() {}",
            ":1:15: ReferenceError: kv is not defined",
        ),
        (
            "lua",
            "local value = kv.get('a')\nfunction receive() end",
            ":1: attempt to index a nil value (global 'kv')",
        ),
        (
            "py",
            "from eco import kv\ndef receive(chunk): pass",
            ":1: ImportError: cannot import name 'kv' from 'eco'",
        ),
    ];
    let known = |end| languages().any(|(language, _)| language == end);
    for (end, script, words) in asked.into_iter().filter(|asked| known(asked.0)) {
        let name = format!("asks-the-program.{end}");
        let called = Eco::new(&["call", &plugin_file(&name, script)]).run(b"");
        assert_eq!(called.code, 65, "{}", called.stderr);
        let words = format!("{name}{words}");
        assert!(called.stderr.contains(&words), "{}", called.stderr);
        let hints = [SOCKETS, PACKAGES, FILES, NETWORK, THREADS];
        let told = hints.iter().find(|hint| called.stderr.contains(**hint));
        assert_eq!(told, None, "{}", called.stderr);
    }
}
