//! The flags of the budgets, which several commands have.

use super::flag_table::{FlagTable, LimitArgs, flag};
use crate::exit::Failure;
use eco_limits::Limit as _;
use eco_plugin::{Budget, Budgets};

/// The budgets of commands that run a plugin.
pub(crate) type BudgetArgs = LimitArgs<Running>;

/// Those of compiling, which commands have that judge plugins by rules of their own.
pub(crate) type CompileArgs = LimitArgs<Judging>;

/// The budgets, for commands that run a plugin.
#[derive(Debug)]
pub(crate) struct Running;

impl FlagTable for Running {
    type Limit = Budget;
    const HEADING: Option<&'static str> = Some("Budgets of the plugin");

    /// All but units of work, which only exercises count.
    fn limits() -> impl Iterator<Item = Budget> {
        let all = Budget::ALL.iter().copied();
        all.filter(|budget| *budget != Budget::Fuel)
    }

    /// That of a server, and those of others where they differ.
    fn default(budget: Budget) -> String {
        if budget == Budget::TotalMemory {
            return "half of the machine's".to_owned();
        }
        let typed = |budgets: Budgets| budget.get(&budgets).typed();
        let server = typed(Budgets::server(0));
        let mut default = server.clone();
        let mut add = |commands: &str, other: String| {
            if other != server {
                default += &format!(", {commands}: {other}");
            }
        };
        add("send, load", typed(Budgets::client(0)));
        if Judging::limits().any(|judging| judging == budget) {
            let limits = eco_exercise::Limits::default();
            add("check, grade", typed(limits.budgets(0)));
        }
        default
    }

    fn remark(budget: Budget) -> &'static str {
        match budget {
            Budget::Compile => "; call, check, grade: processor time",
            _ => "",
        }
    }
}

/// Those that are flags where an exercise sets the others.
#[derive(Debug)]
pub(crate) struct Judging;

impl FlagTable for Judging {
    type Limit = Budget;
    const HEADING: Option<&'static str> = Running::HEADING;

    fn limits() -> impl Iterator<Item = Budget> {
        [Budget::Compile, Budget::CompileMemory].into_iter()
    }

    fn default(budget: Budget) -> String {
        Running::default(budget)
    }

    fn remark(budget: Budget) -> &'static str {
        Running::remark(budget)
    }
}

impl LimitArgs<Running> {
    /// These budgets, with what was typed in the place of its default.
    pub(crate) fn over(&self, mut budgets: Budgets) -> Result<Budgets, Failure> {
        self.set(&mut budgets)?;
        budgets.setting = |budget| Some(flag(budget.row()));
        Ok(budgets)
    }
}

impl LimitArgs<Judging> {
    /// These budgets, with what was typed in the place of its default.
    pub(crate) fn over(&self, mut budgets: Budgets) -> Result<Budgets, Failure> {
        self.set(&mut budgets)?;
        budgets.setting = judged_by;
        Ok(budgets)
    }
}

/// What a budget is set with where a plugin is judged: the exercise's author decides, but for what compiles it.
fn judged_by(budget: Budget) -> Option<String> {
    let limits = eco_exercise::Limit::ALL;
    if Judging::limits().any(|typed| typed == budget) {
        Some(flag(budget.row()))
    } else if limits.iter().any(|limit| limit.budget() == budget) {
        Some("limits in exercise.toml".to_owned())
    } else {
        None
    }
}
