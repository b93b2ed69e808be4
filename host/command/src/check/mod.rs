//! `eco check`: one plugin against one exercise, for the student who writes it.

mod args;
mod lint;
mod show;

pub(crate) use args::CheckArgs;

use crate::arguments::program::{ProgramArgs, SettingsArgs};
use crate::exercise::find::{find, for_plugins, read};
use crate::exit::{Exit, Failure};
use crate::plugin::PluginArg;
use crate::plugin::compiler::{self, compiler};
use crate::plugin::watch::Watch;
use crate::{machine, output};
use anyhow::Context as _;
use eco_exercise::{Cases, Exercise, Graded, Judge, SHIPPED, Verdict};
use eco_plugin::{
    BUILT_IN_SERVERS, Cache, CompileError, Engine, Error, Interface, LoadError, ServerPlugin,
};
use eco_text::number::many;

/// The settings of `eco check`, parsed.
struct Check {
    exercise: Exercise,
    /// See [`Share::judge`](eco_exercise::Share).
    judge_memory: usize,
    engine: Engine,
    plugin: PluginArg,
    detail: show::Detail,
}

pub(super) async fn run(args: CheckArgs) -> Result<(), Failure> {
    let (Some(exercise), Some(plugin)) = (args.exercise, args.plugin) else {
        return lint::run(&args.lint.unwrap_or_else(|| ".".into()), &args.compile).await;
    };
    let exercise = read(&find(&exercise)?, Cases::Public)?;
    let share = exercise.share(machine::memory_for_plugins(), 1);
    let check = Check {
        engine: compiler::engine(args.compile.over(exercise.limits.budgets(share.run))?)
            .laboratory()
            .build()
            .context("cannot set up the sandbox")?,
        judge_memory: share.judge,
        exercise,
        plugin: PluginArg::new(plugin, BUILT_IN_SERVERS)
            .started_with(ProgramArgs::new(args.stdio, SettingsArgs::default())),
        detail: if args.all {
            show::Detail::All
        } else {
            show::Detail::First
        },
    };
    if args.watch {
        let watch = check.plugin.watch()?;
        check.again_and_again(watch).await
    } else {
        check.once().await
    }
}

impl Check {
    async fn again_and_again(&self, mut watch: Watch) -> Result<(), Failure> {
        loop {
            if let Err(Failure { exit, error }) = self.once().await
                && exit != Exit::Wrong
            {
                output::complain(&error);
            }
            output::styled(&show::waiting(self.plugin.name()))?;
            watch.changed().await;
            show::again();
        }
    }

    async fn once(&self) -> Result<(), Failure> {
        let plugin = self.load().await?;
        let judge = Judge::of(&self.exercise, &compiler(), Cache::User, self.judge_memory).await;
        let judge = judge.map_err(|what| Exit::Usage.saying(what))?;
        output::styled(&show::title(&self.exercise, self.plugin.name()))?;
        let mut show = show::Cases::new(&self.exercise, self.detail);
        let done = |case: &_, judgement: &_| {
            // A reader that is gone misses the rest; the exit code tells.
            let _ = output::styled(&show.case(case, judgement));
        };
        let judgements = judge.judge(&plugin, done).await;
        let graded = Graded {
            name: self.plugin.name().to_owned(),
            judgements,
        };
        output::styled(&show::summary(&self.exercise, &graded, self.detail))?;
        let failed = graded.judgements.len() - graded.passed();
        match (failed, graded.is_judged()) {
            (0, _) => Ok(()),
            (_, false) => Err(Exit::Internal
                .saying("some cases could not be judged, which is no fault of the plugin")),
            (failed, true) => {
                let failed = many(failed as u64, "case");
                Err(Exit::Wrong.saying(format!("{failed} failed")))
            }
        }
    }

    async fn load(&self) -> Result<ServerPlugin, Failure> {
        let loaded = self.plugin.try_load_server(&self.engine).await?;
        let slug = &self.exercise.slug;
        let mut shipped = SHIPPED.iter().filter(|shipped| shipped.slug == slug);
        if let (Ok(plugin), Some(shipped)) = (&loaded, shipped.next())
            && plugin.interface() == Interface::Program
            && !shipped.suits_programs()
        {
            return Err(Exit::Usage.saying(for_plugins(slug)));
        }
        loaded.map_err(|error| match (&error, Verdict::from(&error)) {
            // A lack of room is nobody's mistake.
            (
                LoadError::Compile(CompileError::Budget { .. })
                | LoadError::Start(Error::Budget { .. }),
                internal @ Verdict::Internal(_),
            ) => Exit::Internal.saying(internal.sentence()),
            _ => self.plugin.unusable(error),
        })
    }
}
