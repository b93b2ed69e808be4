//! The origin of an item: the instance that defines it, however often it is passed on.

use super::error::MergeError;
use super::read::{CoreInstance, Item, Kind, Parts};
use wasmparser::{CanonicalFunction, CanonicalOption};

/// The maker of a core item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Origin {
    /// By this canonical function.
    Canonical(usize),
    /// By an instance: its module defines it, as the one with this number among those of its kind that it
    /// defines itself.
    Instance { instance: u32, number: u32 },
}

impl<'a> Parts<'a> {
    /// The origin of the component's item with this index.
    pub(super) fn origin(&self, kind: Kind, index: u32) -> Result<Origin, MergeError> {
        self.made(kind, self.item_at(kind, index)?)
    }

    fn item_at(&self, kind: Kind, index: u32) -> Result<Item<'a>, MergeError> {
        let items = self.items.get(&kind);
        let item = items.and_then(|items| items.get(index as usize));
        item.copied().ok_or(MergeError::Missing)
    }

    fn made(&self, kind: Kind, mut item: Item<'a>) -> Result<Origin, MergeError> {
        loop {
            let (instance, name) = match item {
                Item::Canonical(index) => return Ok(Origin::Canonical(index)),
                Item::Export { instance, name } => (instance, name),
            };
            match self.instance(instance)? {
                CoreInstance::Exports(exports) => {
                    let export = exports.iter().find(|export| export.0 == name);
                    let (_, kind, index) = export.ok_or(MergeError::Missing)?;
                    item = self.item_at(*kind, *index)?;
                }
                CoreInstance::Instantiated { module, .. } => {
                    let export = self.module(*module)?.exports.get(name);
                    let (_, index) = *export.ok_or(MergeError::Missing)?;
                    return self.origin_within(instance, kind, index);
                }
            }
        }
    }

    /// The origin of the item that this instance's module has at this index.
    pub(super) fn origin_within(
        &self,
        instance: u32,
        kind: Kind,
        index: u32,
    ) -> Result<Origin, MergeError> {
        let CoreInstance::Instantiated { module, arguments } = self.instance(instance)? else {
            return Err(MergeError::Missing);
        };
        let module = self.module(*module)?;
        let imported = module.imported(kind).count() as u32;
        match module.imported(kind).nth(index as usize) {
            Some(import) => {
                let from = arguments.get(import.module).ok_or(MergeError::Missing)?;
                let item = Item::Export {
                    instance: *from,
                    name: import.name,
                };
                self.made(kind, item)
            }
            None => Ok(Origin::Instance {
                instance,
                number: index - imported,
            }),
        }
    }

    pub(super) fn instance(&self, instance: u32) -> Result<&CoreInstance<'a>, MergeError> {
        let instance = self.instances.get(instance as usize);
        instance.ok_or(MergeError::Missing)
    }

    /// Instances whose host imports need no existing memory, in their order. They can become one.
    pub(super) fn mergeable(&self) -> Result<Vec<u32>, MergeError> {
        let mut merged = Vec::new();
        for (index, instance) in (0..).zip(&self.instances) {
            let CoreInstance::Instantiated { module, .. } = instance else {
                continue;
            };
            let module = self.module(*module)?;
            let mut independent = true;
            for kind in Kind::ALL {
                for import in 0..module.imported(kind).count() as u32 {
                    independent &= match self.origin_within(index, kind, import)? {
                        Origin::Canonical(function) => needs_no_memory(self.canonical(function)?),
                        Origin::Instance { instance, .. } => merged.contains(&instance),
                    };
                }
            }
            if independent {
                if let Some(refused) = module.refused {
                    return Err(MergeError::Has(refused));
                }
                merged.push(index);
            }
        }
        Ok(merged)
    }
}

/// Whether a host function needs no existing memory.
fn needs_no_memory(function: &CanonicalFunction) -> bool {
    match function {
        CanonicalFunction::Lower { options, .. } => options.iter().all(|option| {
            matches!(
                option,
                CanonicalOption::UTF8 | CanonicalOption::UTF16 | CanonicalOption::CompactUTF16
            )
        }),
        CanonicalFunction::ResourceDrop { .. }
        | CanonicalFunction::ResourceNew { .. }
        | CanonicalFunction::ResourceRep { .. } => true,
        _ => false,
    }
}
