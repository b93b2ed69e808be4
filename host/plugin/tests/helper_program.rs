//! Programs that embed the library and compile in helpers: this one, which asks whether it is a helper, and others that
//! forget it. Each is this file's program, started anew with a role, so the tests have a `main` of their own.

use eco_contract::Session as _;
use eco_plugin::{
    Budgets, Cache, Compiler, Engine, Language, LoadError, Program, ServerPlugin, Source,
};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The first argument of a program that forgets.
const FORGETS: &str = "forgets";
/// The first argument of a program that forgets and has a process between it and the next: a supervisor.
const SUPERVISES: &str = "supervises";
/// The first argument of a program that does it right.
const EMBEDS: &str = "embeds";

const SCRIPT: &str = "function receive(chunk) { return chunk }";
const ECHO: &str = include_str!("../../../plugins/echo/echo.wat");

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [FORGETS, starts] => return forget(FORGETS, Path::new(starts)),
        [SUPERVISES, starts] => return supervise(Path::new(starts)),
        _ => eco_plugin::if_helper(),
    }
    match arguments.first().map(String::as_str) {
        Some(EMBEDS) => embed(),
        // The arguments are those of `cargo test`.
        _ => tests(),
    }
}

fn tests() {
    for (name, test) in [
        ("this program compiles in helpers", embed as fn()),
        (
            "a program that forgets starts one process",
            one_process_that_forgets,
        ),
        (
            "a supervisor that forgets starts few processes",
            few_processes_of_a_supervisor,
        ),
        (
            "an engine without a cache leaves no file",
            no_file_without_a_cache,
        ),
        (
            "a folder of one's own has the code",
            code_in_a_folder_of_ones_own,
        ),
        (
            "a folder that others can write to is refused",
            unsafe_folder,
        ),
        (
            "an engine has the threads that its page names",
            named_threads,
        ),
        ("the global pool is left to the embedder", no_global_pool),
    ] {
        test();
        println!("test {name} ... ok");
    }
}

fn within<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(future)
}

async fn load(compiler: Compiler, cache: Cache, source: Source) -> Result<ServerPlugin, LoadError> {
    let builder = Engine::builder(compiler, Budgets::server(1 << 30)).cache(cache);
    ServerPlugin::load(&builder.build().expect("an engine"), source).await
}

fn this() -> Compiler {
    Compiler::this_program().expect("the system tells its path")
}

/// Loads what is in memory, compiled by this program.
fn embed() {
    within(async {
        let source = Source::component("echo", ECHO);
        let echo = load(this(), Cache::None, source).await.expect("it loads");
        let mut session = echo.session();
        let reply = session.receive(b"hello").await;
        assert_eq!(&*reply.expect("an echo").data, b"hello");
    });
}

/// A `main` as one writes it, but for the line that is missing. `starts` gets a byte for each process.
fn forget(role: &str, starts: &Path) {
    note(starts);
    let program = Program::this()
        .expect("a path")
        .with_arguments([role.into(), starts.into()]);
    within(async {
        let source = Source::component("echo", ECHO);
        let loaded = load(Compiler::Helper(program), Cache::None, source).await;
        println!(
            "{}",
            loaded
                .err()
                .map_or_else(String::new, |error| error.to_string())
        );
    });
}

fn note(starts: &Path) {
    use std::io::Write as _;
    let file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(starts);
    file.and_then(|mut file| file.write_all(b"."))
        .expect("there is room");
}

/// Starts the program that does the work, and waits for it.
fn supervise(starts: &Path) {
    if std::env::var_os("SUPERVISED").is_some() {
        return forget(SUPERVISES, starts);
    }
    note(starts);
    let own = std::env::current_exe().expect("a path");
    let worker = Command::new(own)
        .arg(SUPERVISES)
        .arg(starts)
        .env("SUPERVISED", "1")
        .status();
    worker.expect("it starts");
}

/// What a program of this role says, and the number of processes that it took.
fn started(role: &str) -> (String, usize) {
    let folder = tempfile::tempdir().expect("there is room");
    let starts = folder.path().join("starts");
    let since = Instant::now();
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    let ran = command
        .arg(role)
        .arg(&starts)
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    assert!(
        since.elapsed() < Duration::from_secs(15),
        "it takes its time"
    );
    let starts = std::fs::read(starts).expect("it has started");
    (
        String::from_utf8_lossy(&ran.stdout).into_owned(),
        starts.len(),
    )
}

fn one_process_that_forgets() {
    let (said, starts) = started(FORGETS);
    assert_eq!(starts, 2, "the program and one helper: {said}");
    let own = std::env::current_exe().expect("a path");
    for words in [
        &*own.to_string_lossy(),
        "does not call `eco_host::if_helper();` first in its `main`",
    ] {
        assert!(said.contains(words), "{said}");
        assert_eq!(said.matches("if_helper").count(), 1, "{said}");
    }
}

fn few_processes_of_a_supervisor() {
    let (said, starts) = started(SUPERVISES);
    assert_eq!(starts, 4, "two each of the program and one helper: {said}");
    assert!(said.contains("first in its `main`"), "{said}");
}

/// Runs this program as one that embeds, with empty folders, and returns all files in them.
fn no_file_without_a_cache() {
    let folder = tempfile::tempdir().expect("there is room");
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    command.arg(EMBEDS).env_clear();
    for variable in ["HOME", "XDG_CACHE_HOME", "TMPDIR", "ECO_SYSTEM_DIR"] {
        let place = folder.path().join(variable);
        std::fs::create_dir(&place).expect("there is room");
        command.env(variable, place);
    }
    assert!(command.status().expect("it starts").success());
    let left = std::fs::read_dir(folder.path())
        .expect("a folder")
        .flatten();
    for place in left {
        let files: Vec<_> = std::fs::read_dir(place.path())
            .expect("a folder")
            .flatten()
            .collect();
        assert!(files.is_empty(), "{files:?}");
    }
}

fn code_in_a_folder_of_ones_own() {
    let folder = tempfile::tempdir().expect("there is room");
    let place = folder.path().join("of/mine");
    let cache = Cache::Folder(place.clone());
    within(async {
        let nobody = Program::new("/nowhere/at/all");
        let source = || Source::component("echo", ECHO);
        load(this(), cache.clone(), source())
            .await
            .expect("it loads");
        let files = std::fs::read_dir(place.join("compiled")).expect("it is made");
        assert_eq!(files.count(), 2, "a component and its module");
        // A compiler that isn't there has another version, and finds nothing.
        let loaded = load(Compiler::Helper(nobody), cache, source()).await;
        let error = loaded.expect_err("nobody compiles it").to_string();
        assert!(error.contains("/nowhere/at/all"), "{error}");
        // Where the code is there, nothing is compiled.
        let since = std::fs::metadata(place.join("compiled")).and_then(|it| it.modified());
        load(this(), Cache::Folder(place.clone()), source())
            .await
            .expect("it loads");
        let until = std::fs::metadata(place.join("compiled")).and_then(|it| it.modified());
        assert_eq!(since.expect("a time"), until.expect("a time"));
        let script = Source::script("upper", Language::JavaScript, SCRIPT);
        load(this(), Cache::Folder(place), script)
            .await
            .expect("it loads");
    });
}

fn unsafe_folder() {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("there is room");
        let all = std::fs::Permissions::from_mode(0o777);
        std::fs::set_permissions(folder.path(), all).expect("it is ours");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/tmp", &link).expect("there is room");
        for (path, why) in [(folder.path(), "written to by other users"), (&link, "")] {
            let cache = Cache::Folder(path.to_owned());
            let engine = Engine::builder(this(), Budgets::server(1 << 30))
                .cache(cache)
                .build();
            let error = engine.expect_err("it is not safe").to_string();
            assert!(
                error.contains(why) && error.contains(&*path.to_string_lossy()),
                "{error}"
            );
        }
    }
}

/// All threads of this process, by their names, once those are gone that are about to end.
#[cfg(target_os = "linux")]
fn threads(is_expected: impl Fn(&str) -> bool) -> Vec<String> {
    let since = Instant::now();
    loop {
        let tasks = std::fs::read_dir("/proc/self/task")
            .expect("the system tells")
            .flatten();
        let names = tasks.map(|task| std::fs::read_to_string(task.path().join("comm")));
        // One that has ended in between has no name any more.
        let names = names.flatten().map(|name| name.trim().to_owned());
        let unexpected: Vec<String> = names.filter(|name| !is_expected(name)).collect();
        if unexpected.is_empty() || since.elapsed() > Duration::from_secs(20) {
            return unexpected;
        }
        std::thread::yield_now();
    }
}

fn named_threads() {
    #[cfg(target_os = "linux")]
    {
        // Linux cuts names to 15 bytes.
        let own = std::fs::read_to_string("/proc/self/comm").expect("the system tells");
        let own = own.trim().to_owned();
        let runtime = |name: &str| name == own || name.starts_with("tokio-");
        within(async {
            let builder = Engine::builder(Compiler::InProcess, Budgets::server(1 << 30));
            let engine = builder.pooled(2).build().expect("an engine");
            let source = Source::component("echo", ECHO);
            let echo = ServerPlugin::load(&engine, source).await.expect("it loads");
            let left = threads(|name| runtime(name) || name == "eco-clock");
            assert!(left.is_empty(), "{left:?}");
            drop(echo);
        });
        let left = threads(|name| name == own);
        assert!(left.is_empty(), "{left:?}");
    }
}

/// Plugins were compiled in this process before.
fn no_global_pool() {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global();
    pool.expect("nobody has set it up");
}
