//! Shares of memory: how many plugins may be judged at the same time, and the memory of each.
//!
//! It owns the most that judging takes.

use super::case::{Action, Exercise, Pattern, Script};
use super::stream::SURPLUS;
use eco_plugin::{Laboratory, Language};

/// Approximate bytes that the host holds for an instance beside its memory: its stack, its handles, its
/// tables.
const INSTANCE: usize = 2 * 1024 * 1024;
/// Bytes that one byte of the log may become: escaped, and once more in a report.
const LOGGED: usize = 8;

/// The share of each plugin that is judged at the same time as others. All are equal: a plugin that takes
/// all of its share takes nothing of another's. A plugin with too little can't be judged.
/// Test: `judging::memory::a_class_with_a_hog_keeps_all_other_marks_where_memory_is_short`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Plugins judged at the same time, at least one.
    pub jobs: usize,
    /// Bytes that one run of a plugin may make the host hold, for [`Limits::budgets`](crate::Limits::budgets).
    pub run: usize,
    /// Bytes that its judge may, if there is one.
    pub judge: usize,
}

impl Exercise {
    /// The shares of plugins judged with so much memory in all, at most `jobs` at the same time: as many as
    /// can each take all that the limits allow.
    pub fn share(&self, memory: usize, jobs: usize) -> Share {
        let has_judge = self
            .cases
            .iter()
            .any(|case| matches!(case.script, Script::Judge { .. }));
        let sides = if has_judge { 2 } else { 1 };
        let replies = self.most_of_replies();
        let all = self.most_of_a_run().saturating_add(replies);
        let affordable = memory / sides / all.max(1);
        let jobs = jobs.min(affordable).max(1);
        let side = memory / jobs / sides;
        Share {
            jobs,
            run: side.saturating_sub(replies),
            judge: side,
        }
    }

    /// Bytes that a run may make the host hold before it reaches a limit of the exercise.
    fn most_of_a_run(&self) -> usize {
        let interpreters = Language::ALL.iter().map(|language| language.least_memory());
        let interpreter = interpreters.max().unwrap_or(0);
        let connection = self
            .limits
            .memory
            .saturating_add(interpreter)
            .saturating_add(INSTANCE)
            .saturating_add(self.limits.log.saturating_mul(LOGGED));
        self.connections()
            .saturating_mul(connection)
            .saturating_add(Laboratory::most_shared())
    }

    /// Bytes of the replies kept until a run is over, with the next one.
    fn most_of_replies(&self) -> usize {
        let of_case = |script: &Script| match script {
            Script::Judge { .. } => 0,
            Script::Steps(steps) => steps
                .iter()
                .map(|step| match &step.action {
                    Action::Send(bytes) | Action::Expect(Pattern::Bytes(bytes)) => bytes.len(),
                    _ => 0,
                })
                .sum(),
        };
        let expected = self.cases.iter().map(|case| of_case(&case.script)).max();
        let kept = self.connections().saturating_mul(SURPLUS);
        // A growing buffer may be twice as large.
        let kept = kept.saturating_add(expected.unwrap_or(0)).saturating_mul(2);
        kept.saturating_add(self.limits.reply.saturating_mul(2))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cases, Exercise, Files};

    const MIB: usize = 1 << 20;

    fn exercise(limits: &str, case: &str) -> Exercise {
        let text = format!(
            "format = 1\nslug = \"one\"\ntitle = \"One\"\npoints = 1\n{limits}\n[[cases]]\nname = \"it\"\n{case}\n"
        );
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("exercise.toml"), text).expect("it can be written");
        std::fs::write(folder.path().join("judge.js"), "").expect("it can be written");
        let files = Files::Folder(folder.path().to_owned());
        Exercise::read(&files, Cases::All).expect("an exercise")
    }

    #[test]
    fn where_memory_is_short_fewer_are_judged_and_each_has_the_same() {
        let steps =
            "steps = [{ connection = 8, send = \"!\" }, { connection = 8, expect = \"!\" }]";
        let one = exercise("", steps);
        let large = one.share(1 << 40, 8);
        assert_eq!(large.jobs, 8);
        assert!(large.run > 8 * 90 * MIB, "{large:?}");
        let short = one.share(2048 * MIB, 8);
        assert_eq!(short.jobs, 2, "{short:?}");
        assert!(short.run < 1024 * MIB && short.run > 900 * MIB, "{short:?}");
        // One is judged anyway, with the memory that there is.
        let least = one.share(100 * MIB, 8);
        assert_eq!(least.jobs, 1);
        assert!(least.run < 100 * MIB && least.run > 50 * MIB, "{least:?}");
    }

    #[test]
    fn a_judge_has_as_much_as_what_it_judges() {
        let judged = exercise("", "judge = \"judge.js\"");
        let share = judged.share(4096 * MIB, 1);
        assert_eq!(share.judge, 2048 * MIB);
        assert!(share.run < share.judge, "{share:?}");
    }
}
