//! A plugin on the command line: a built-in's name, a file, stdin, or a folder, which is built first.

pub(crate) mod advice;
pub(crate) mod compiler;
pub(crate) mod snapshot_wait;
pub(crate) mod watch;

use crate::arguments::program::{ProgramArgs, SettingsArgs};
use crate::exit::{Exit, Failure};
use advice::Advised;
use eco_plugin::{
    BUILT_IN_CLIENTS, BuiltIn, ClientPlugin, Engine, Error, Interface, LoadError, ServerPlugin,
    Source,
};
use eco_text::escape;
use eco_toolchain::{BuildError, Built, Project};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use watch::Watch;

/// A plugin's name as it was typed. Nothing is read yet.
#[derive(Clone)]
pub(crate) struct PluginArg {
    text: OsString,
    /// The text for messages, made harmless: file names may be anybody's.
    shown: String,
    built_in: &'static [BuiltIn],
    /// How it is started, if it is a program.
    program: ProgramArgs,
}

/// Two that were typed alike are the same plugin.
impl PartialEq for PluginArg {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.program == other.program
    }
}

impl PluginArg {
    pub(crate) fn new(text: OsString, built_in: &'static [BuiltIn]) -> Self {
        let shown = if is_url(&text) {
            "PLUGIN".to_owned()
        } else {
            escape::os(&text)
        };
        Self {
            shown,
            text,
            built_in,
            program: ProgramArgs::default(),
        }
    }

    /// A client: the plugin, or the program in its place, which is started so.
    ///
    /// # Errors
    /// There are settings of a program, and no program.
    pub(crate) fn client(
        plugin: OsString,
        program: Option<OsString>,
        settings: SettingsArgs,
    ) -> Result<Self, Failure> {
        if let Some(program) = program {
            let started = ProgramArgs::new(true, settings);
            return Ok(Self::new(program, BUILT_IN_CLIENTS).started_with(started));
        }
        let plugin = Self::new(plugin, BUILT_IN_CLIENTS);
        ProgramArgs::new(false, settings).check_plugin(plugin.name())?;
        Ok(plugin)
    }

    /// The same, which is started so if it is a program.
    pub(crate) fn started_with(mut self, program: ProgramArgs) -> Self {
        self.program = program;
        self
    }

    /// Whether it has to be a program.
    pub(crate) fn has_to_be_program(&self) -> bool {
        self.program.is_program()
    }

    /// The text for messages, in one line.
    pub(crate) fn name(&self) -> &str {
        &self.shown
    }

    /// The file or folder on disk; `None` for a built-in and for stdin.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match Source::named(&self.text, self.built_in) {
            Source::File(path) if !is_url(&self.text) => Some(path),
            _ => None,
        }
    }

    /// Whether the plugin is part of eco.
    pub(crate) fn is_built_in(&self) -> bool {
        matches!(Source::named(&self.text, self.built_in), Source::BuiltIn(_))
    }

    /// The source to load the plugin from. A folder is built first.
    ///
    /// # Errors
    /// The text is a URL, or the folder can't be built.
    pub(crate) async fn source(&self) -> Result<Source, Failure> {
        if is_url(&self.text) {
            return Err(Exit::Usage.saying(
                "a plugin is the name of a built-in, a file or a folder, and no URL\nWhere state is kept is said with --state PLACE.",
            ));
        }
        match Source::named(&self.text, self.built_in) {
            Source::File(path) if path.is_dir() => {
                let built = tokio::task::spawn_blocking(move || build(&path)).await??;
                Ok(Source::File(built.path().to_owned()))
            }
            source => Ok(source),
        }
    }

    /// The file or folder to watch.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn watched(&self) -> Result<PathBuf, Failure> {
        let needed = || {
            let shown = &self.shown;
            Exit::Usage.saying(format!(
                "--watch needs a plugin on disk, and {shown} is none"
            ))
        };
        self.path().ok_or_else(needed)
    }

    /// Watches the file or folder from now on.
    ///
    /// # Errors
    /// There is none, or the system can't watch it.
    pub(crate) fn watch(&self) -> Result<Watch, Failure> {
        Ok(Watch::start(&[self.watched()?])?)
    }

    /// Loads the plugin as a server. Errors name the plugin.
    pub(crate) async fn load_server(&self, engine: &Engine) -> Result<ServerPlugin, Failure> {
        let loaded = self.try_load_server(engine).await?;
        loaded.map_err(|error| self.unusable(error))
    }

    /// As [`load_server`](Self::load_server), for a caller who tells errors of the plugin apart.
    pub(crate) async fn try_load_server(
        &self,
        engine: &Engine,
    ) -> Result<Result<ServerPlugin, LoadError>, Failure> {
        self.try_load(engine, self.source().await?).await
    }

    /// As [`try_load_server`](Self::try_load_server), from its source.
    pub(crate) async fn try_load(
        &self,
        engine: &Engine,
        source: Source,
    ) -> Result<Result<ServerPlugin, LoadError>, Failure> {
        let settings = self.program.settings();
        let no_program = match &source {
            Source::BuiltIn(_) => Some("built in"),
            source if source.is_script() => Some("a script"),
            _ => None,
        };
        if let (Some(what), true) = (no_program, self.program.is_program()) {
            return Err(Exit::Usage.saying(format!(
                "{} is {what}, and no program: --stdio takes a program of WASI, such as --stdio FILE.wasm, and -p a plugin",
                self.shown
            )));
        }
        let loaded = match self.program.is_program() {
            true => ServerPlugin::load_program(engine, source, &settings).await,
            false => ServerPlugin::load_with(engine, source, &settings).await,
        };
        if let Ok(plugin) = &loaded
            && plugin.interface() != Interface::Program
        {
            self.program.check_plugin(&self.shown)?;
        }
        Ok(loaded)
    }

    /// Loads the plugin as a client. Errors name the plugin.
    pub(crate) async fn load_client(&self, engine: &Engine) -> Result<ClientPlugin, Failure> {
        let loaded = ClientPlugin::load(engine, self.source().await?).await;
        loaded.map_err(|error| self.unusable(error))
    }

    /// The failure when the plugin can't be loaded.
    pub(crate) fn unusable(&self, error: LoadError) -> Failure {
        unusable(error, format!("cannot use the plugin {}", self.shown))
    }
}

/// Whether the text is a URL, most likely a Redis server's. It may have a password, so no message repeats it.
/// Test: `state::redis_attacks::links::a_mistyped_place_shows_no_password`.
fn is_url(text: &OsStr) -> bool {
    let text = text.to_string_lossy().to_ascii_lowercase();
    text.contains("://") || text.starts_with("redis:") || text.starts_with("rediss:")
}

/// The failure when a plugin can't be loaded. `context` names the plugin and its use.
pub(crate) fn unusable(error: LoadError, context: String) -> Failure {
    let exit = if error.is_internal() {
        Exit::Internal
    } else {
        Exit::Plugin
    };
    exit.because(anyhow::Error::new(Advised(error)).context(context))
}

/// The failure when a running plugin fails. `context` names it.
pub(crate) fn failed(error: Error, context: impl FnOnce() -> String) -> Failure {
    if error.is_internal() {
        Exit::Internal.because(error)
    } else {
        Exit::Plugin.because(anyhow::Error::from(error).context(context()))
    }
}

/// Builds the folder. It blocks the thread. A tool that is missing or fails is no internal error.
pub(crate) fn build(folder: &Path) -> Result<Built, Failure> {
    let failed = |error: BuildError| {
        let exit = match error {
            BuildError::Missing { .. } => Exit::Unavailable,
            BuildError::File { .. } | BuildError::NoFolder(_) | BuildError::Link(_) => Exit::Usage,
            BuildError::Unmade { ref ended, .. } if ended.is_internal() => Exit::Internal,
            _ => Exit::Plugin,
        };
        exit.because(error)
    };
    let built = Project::find(folder).map_err(failed).and_then(|project| {
        let built = project.build(&compiler::this_program()).map_err(failed);
        built.map_err(|failure| or_as_it_was(failure, &project))
    });
    built.map_err(|Failure { exit, error }| {
        exit.because(error.context(format!("cannot build {}", escape::path(folder))))
    })
}

/// Adds the result of an earlier build to the failure, where a tool is missing. eco does not take it unasked, since it
/// may be older than the sources.
fn or_as_it_was(failure: Failure, project: &Project) -> Failure {
    match (failure.exit, project.built_before()) {
        (Exit::Unavailable, Some(path)) => Exit::Unavailable.saying(format!(
            "{:#}\n{} is there, as it was last built: name it in the place of the folder to use it.",
            failure.error,
            escape::path(&path)
        )),
        _ => failure,
    }
}
