//! Listening on Unix sockets: their files, those that are left of servers that are gone, and who may connect.

use super::backlog::BACKLOG;
use crate::bound_listener::BoundListener;
use crate::socket_file::SocketFile;
use crate::unix_address::{Mode, UnixAddress};
use rustix::fs::{FlockOperation, flock};
use socket2::{Domain, SockAddr, Socket, Type};
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use tokio::net::UnixListener;

/// Listens on a Unix socket. `mode` says who may connect to its file; without it the process's own mask does.
pub(super) fn listen(address: &UnixAddress, mode: Option<Mode>) -> io::Result<BoundListener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    let file = match address {
        UnixAddress::Abstract(name) => {
            let name = [b"\0", name.as_bytes()].concat();
            socket.bind(&SockAddr::unix(std::ffi::OsStr::from_bytes(&name))?)?;
            None
        }
        UnixAddress::Path(path) => Some(bind_file(&socket, path, mode)?),
    };
    // Nobody could connect before this: not before the file had its mode.
    socket.listen(i32::try_from(BACKLOG).unwrap_or(i32::MAX))?;
    let listener = UnixListener::from_std(socket.into())?;
    Ok(BoundListener::unix(listener, address.to_string(), file))
}

/// Binds to a file that is made. Servers that start at the same time do this one after the other.
fn bind_file(socket: &Socket, path: &Path, mode: Option<Mode>) -> io::Result<SocketFile> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // Until the end of this function. Where a folder can't be locked, nothing can be made in it either, or nearly so.
    let folder = File::open(folder)?;
    let _ = flock(&folder, FlockOperation::LockExclusive);
    let address = SockAddr::unix(path)?;
    match socket.bind(&address) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            remove_if_left(path)?;
            socket.bind(&address)?;
        }
        bound => bound?,
    }
    let file = SocketFile::of(path)?;
    if let Some(Mode(mode)) = mode {
        fs::set_permissions(path, Permissions::from_mode(mode))?;
    }
    Ok(file)
}

/// Removes the file of a socket that nobody listens on any more. Anything else stays.
fn remove_if_left(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "there is a file, and it is no socket",
        ));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        // Somebody listens, or it can't be told.
        _ => Err(io::ErrorKind::AddrInUse.into()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn at(path: &Path, mode: Option<u32>) -> io::Result<BoundListener> {
        listen(&UnixAddress::Path(path.to_owned()), mode.map(Mode))
    }

    #[tokio::test]
    async fn a_file_has_its_mode_and_goes_with_its_listener() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("eco.sock");
        for mode in [0o600, 0o660, 0o777] {
            let listener = at(&path, Some(mode)).unwrap();
            let found = fs::symlink_metadata(&path).unwrap();
            assert_eq!(found.permissions().mode() & 0o7777, mode);
            UnixStream::connect(&path).unwrap();
            drop(listener);
            assert!(!path.exists());
        }
    }

    #[tokio::test]
    async fn a_socket_that_was_left_is_replaced_and_one_in_use_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("eco.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "it is left");
        let listener = at(&path, None).unwrap();
        let refused = at(&path, None).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
        UnixStream::connect(&path).unwrap();
        drop(listener);
    }

    #[tokio::test]
    async fn a_file_that_is_no_socket_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "precious").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        for path in [&file, &link, &folder.path().to_owned()] {
            let refused = at(path, None).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists, "{path:?}");
        }
        assert_eq!(fs::read(&file).unwrap(), b"precious");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[tokio::test]
    async fn another_s_file_in_its_place_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("eco.sock");
        let listener = at(&path, None).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "another's").unwrap();
        drop(listener);
        assert_eq!(fs::read(&path).unwrap(), b"another's");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn an_abstract_name_is_no_file_and_is_free_again_after_its_listener() {
        let unique = std::process::id();
        let address: UnixAddress = format!("@eco-test-{unique}").parse().unwrap();
        let listener = listen(&address, None).unwrap();
        let refused = listen(&address, None).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
        assert_eq!(
            listener.address().to_string(),
            format!("unix:@eco-test-{unique}")
        );
        drop(listener);
        listen(&address, None).unwrap();
    }
}
