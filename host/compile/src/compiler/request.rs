//! The request to the compiler, as a helper receives it.

use super::image::State;
use super::settings::Settings;
use eco_isolated::Priority;
use serde::{Deserialize, Serialize};

/// A task of the compiler: the kind of its bytes, and the settings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    /// The plugin's name in messages.
    pub(crate) name: String,
    pub(crate) subject: Subject,
    pub(crate) settings: Settings,
    pub(crate) priority: Priority,
}

/// The origin of a job's bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Subject {
    /// A stranger's component, in either form.
    Plugin,
    /// eco's own interpreter, in binary form. The checks of strangers' components are left out.
    Interpreter,
    /// An interpreter, followed by the contents of an instance's memories. The rest of the instance's state is here.
    Snapshot(State),
}
