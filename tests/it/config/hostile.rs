//! Files that are none, or far too much.

use super::Folder;
use crate::support::Peer;
use rustix::process::Signal;
use std::time::{Duration, Instant};

#[test]
fn what_is_no_file_of_services_is_refused_and_nobody_waits_for_it() {
    let folder = Folder::new("no-file");
    let path = folder.0.join("eco.toml");
    let large = |bytes: u64| {
        let file = std::fs::File::create(&path).expect("the folder is ours");
        file.set_len(bytes).expect("a file may have holes");
    };
    let makes: [(&str, &dyn Fn()); 6] = [
        ("larger than 1024 KiB", &|| large(100 << 20)),
        ("larger than 1024 KiB", &|| large((1 << 20) + 1)),
        ("it is a pipe, not a file", &|| {
            let mode = rustix::fs::Mode::RUSR;
            let made =
                rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0);
            made.expect("a pipe can be made");
        }),
        ("it is a folder, not a file", &|| {
            std::fs::create_dir(&path).expect("the folder is ours");
        }),
        ("it is a device, not a file", &|| {
            std::os::unix::fs::symlink("/dev/zero", &path).expect("a link can be made");
        }),
        ("it is no UTF-8 text", &|| {
            std::fs::write(&path, b"\xff").expect("the folder is ours");
        }),
    ];
    for (words, make) in makes {
        make();
        let checked = folder.check();
        assert_eq!(checked.code, 64, "{words}: {}", checked.stderr);
        assert!(
            checked.stderr.contains(words),
            "{words}: {}",
            checked.stderr
        );
        match path.symlink_metadata().expect("it is there").is_dir() {
            true => std::fs::remove_dir(&path),
            false => std::fs::remove_file(&path),
        }
        .expect("the folder is ours");
    }
}

#[test]
fn what_is_far_too_much_is_a_mistake_with_its_place() {
    let folder = Folder::new("too-much");
    let service = "[[service]]\nname = \"a\"\n";
    let nested = format!("{service}x = {}{}", "[".repeat(81), "]".repeat(81));
    let again = format!("{service}x = [ {{{}", "[l]\nf]]\ns = [ {".repeat(20_000));
    let services = service.repeat(10_000);
    let values = "\"127.0.0.1:0\",".repeat(65);
    let values = format!("{service}listen = [{values}]");
    for (text, place, words) in [
        (&nested, ":3:", "cannot recurse further"),
        (&again, ":3:", "missing key"),
        (&services, ":201:1", "10000 services are too many"),
        (&values, ":3:10", "1 to 64 values"),
    ] {
        folder.write("eco.toml", text);
        let began = Instant::now();
        let checked = folder.check();
        assert_eq!(checked.code, 64, "{words}: {}", checked.stderr);
        let told = checked.stderr;
        assert!(
            told.contains(&format!("eco.toml{place}")),
            "{words}: {told}"
        );
        assert!(told.contains(words), "{words}: {told}");
        assert!(told.len() < 4096, "{words}: {} bytes", told.len());
        assert!(began.elapsed() < Duration::from_secs(30), "{words}");
    }
}

#[test]
fn variables_have_bounds() {
    let folder = Folder::new("variables");
    folder.write("large", "x".repeat(64 * 1024 + 1));
    folder.write("small", "x".repeat(64 * 1024));
    let values = "\"${file:small}\",".repeat(20);
    for (line, words) in [
        ("state = \"${file:large}\"", "larger than 64 KiB"),
        (&*format!("listen = [{values}]"), "more than 1024 KiB"),
        (
            "state = \"${file:${file:${file:small}}}\"",
            "within a variable",
        ),
    ] {
        folder.write("eco.toml", format!("[[service]]\nname = \"a\"\n{line}\n"));
        let checked = folder.check();
        assert_eq!(checked.code, 64, "{words}: {}", checked.stderr);
        assert!(checked.stderr.contains("eco.toml:3:"), "{}", checked.stderr);
        assert!(
            checked.stderr.contains(words),
            "{words}: {}",
            checked.stderr
        );
    }
}

/// As many as there may be, of which each has an engine of its own.
#[test]
fn a_process_has_a_hundred_services_and_each_answers() {
    let folder = Folder::new("hundred");
    let service =
        |number: usize| format!("[[service]]\nname = \"s{number}\"\nlisten = \"127.0.0.1:0\"\n");
    let all: String = (0..100).map(service).collect();
    folder.write("eco.toml", &all);
    let (server, addresses) = folder.serve(100);
    let mut peers: Vec<Peer> = addresses.iter().map(|at| Peer::connect(*at)).collect();
    for round in [b"one", b"two"] {
        for peer in &mut peers {
            peer.send(round).expect(round);
        }
    }
    let (first, others) = peers.split_first_mut().expect("there are some");
    super::logs_again(&server, first, "the file is read again", || {
        server.signal(Signal::HUP);
    });
    for peer in others {
        peer.send(b"three").expect(b"three");
    }
}
