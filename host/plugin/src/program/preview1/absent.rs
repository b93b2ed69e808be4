//! The functions of WASI preview 1 that have nothing to work on: there are no files, no sockets and no signals. They can
//! be imported, since the libraries of languages import them, used or not.

use super::errno::Errno;
use super::function::MODULE;
use crate::imports::host_calls::HostCalls as _;
use crate::instance::state::InstanceState;
use wasmtime::{FuncType, Linker, Val, ValType};

/// Their names, with a letter for each parameter: `i` for one of 32 bits, `I` for one of 64. Each returns an error.
const ABSENT: [(&str, &str, Errno); 27] = [
    ("fd_advise", "iIIi", Errno::NotThere),
    ("fd_allocate", "iII", Errno::NotThere),
    ("fd_datasync", "i", Errno::NotThere),
    ("fd_fdstat_set_rights", "iII", Errno::NotThere),
    ("fd_filestat_set_size", "iI", Errno::NotThere),
    ("fd_filestat_set_times", "iIIi", Errno::NotThere),
    ("fd_pread", "iiiIi", Errno::NoSeek),
    ("fd_prestat_dir_name", "iii", Errno::BadDescriptor),
    ("fd_pwrite", "iiiIi", Errno::NoSeek),
    ("fd_readdir", "iiiIi", Errno::BadDescriptor),
    ("fd_renumber", "ii", Errno::NotThere),
    ("fd_sync", "i", Errno::NotThere),
    ("path_create_directory", "iii", Errno::BadDescriptor),
    ("path_filestat_get", "iiiii", Errno::BadDescriptor),
    ("path_filestat_set_times", "iiiiIIi", Errno::BadDescriptor),
    ("path_link", "iiiiiii", Errno::BadDescriptor),
    ("path_open", "iiiiiIIii", Errno::BadDescriptor),
    ("path_readlink", "iiiiii", Errno::BadDescriptor),
    ("path_remove_directory", "iii", Errno::BadDescriptor),
    ("path_rename", "iiiiii", Errno::BadDescriptor),
    ("path_symlink", "iiiii", Errno::BadDescriptor),
    ("path_unlink_file", "iii", Errno::BadDescriptor),
    ("proc_raise", "i", Errno::NotThere),
    ("sock_accept", "iii", Errno::BadDescriptor),
    ("sock_recv", "iiiiii", Errno::BadDescriptor),
    ("sock_send", "iiiii", Errno::BadDescriptor),
    ("sock_shutdown", "ii", Errno::BadDescriptor),
];

/// Whether this is one of them.
pub(super) fn is_absent(name: &str) -> bool {
    ABSENT.iter().any(|(absent, ..)| *absent == name)
}

pub(super) fn define(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    for (name, parameters, errno) in ABSENT {
        let parameters = parameters.chars().map(|letter| match letter {
            'I' => ValType::I64,
            _ => ValType::I32,
        });
        let kind = FuncType::new(linker.engine(), parameters, [ValType::I32]);
        linker.func_new(MODULE, name, kind, move |mut caller, _, results| {
            caller.data_mut().count_host_call();
            if let Some(result) = results.first_mut() {
                *result = Val::I32(i32::from(errno as u16));
            }
            Ok(())
        })?;
    }
    Ok(())
}
