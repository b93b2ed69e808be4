//! The file of a submission's plugin.

use eco_plugin::Source;

/// A plugin's file that was read.
pub(in crate::grade) struct PluginFile {
    pub(in crate::grade) name: String,
    pub(in crate::grade) bytes: Vec<u8>,
}

impl PluginFile {
    pub(in crate::grade) fn into_source(self) -> Source {
        Source::from_contents(self.name, self.bytes)
    }
}
