//! The file of a unix socket: made for its owner and group alone, and gone when nobody listens any more.

use super::listen::QUEUE;
use rustix::fs::{FileType, Mode, chmod, fchmod, lstat, unlink};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen as queue, socket_with,
};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;

/// Who else may come to it is for the folder that it lies in to say.
const MODE: Mode = Mode::RUSR.union(Mode::WUSR).union(Mode::RGRP).union(Mode::WGRP);

/// Removes the file when it is dropped.
pub(super) struct SocketFile {
    path: String,
    device: u64,
    inode: u64,
}

/// Listens at `path`, where nothing may be but a socket that nobody listens on.
pub(super) fn listen(path: &str) -> Result<(UnixListener, SocketFile), String> {
    clear(path)?;
    let told = |why: Errno| why.to_string();
    let address = SocketAddrUnix::new(path).map_err(told)?;
    let socket = socket().map_err(told)?;
    // Linux gives the file the socket's own mode, less the umask: it is never there for more people than are meant.
    fchmod(&socket, MODE).map_err(told)?;
    bind(&socket, &address).map_err(told)?;
    let stat = lstat(path).map_err(told)?;
    let file = SocketFile { path: path.to_owned(), device: stat.st_dev, inode: stat.st_ino };
    // What the umask took away.
    chmod(path, MODE).map_err(told)?;
    queue(&socket, QUEUE).map_err(told)?;
    Ok((UnixListener::from(socket), file))
}

fn socket() -> Result<OwnedFd, Errno> {
    socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)
}

/// Removes what a server left behind that was killed.
fn clear(path: &str) -> Result<(), String> {
    match lstat(path) {
        Err(Errno::NOENT) => return Ok(()),
        Err(why) => return Err(why.to_string()),
        Ok(stat) if FileType::from_raw_mode(stat.st_mode) != FileType::Socket => {
            return Err("something else than a socket is there already".to_owned());
        }
        Ok(_) => {}
    }
    let knock = || connect(&socket()?, &SocketAddrUnix::new(path)?);
    match knock() {
        // A full queue is one, too.
        Ok(()) | Err(Errno::AGAIN) => Err("somebody listens on it already".to_owned()),
        Err(Errno::CONNREFUSED) => match unlink(path) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(why) => Err(format!("the socket that nobody listens on any more cannot be removed: {why}")),
        },
        Err(Errno::NOENT) => Ok(()),
        Err(why) => Err(format!("a socket is there already, and nobody can tell whether it is in use: {why}")),
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Somebody else's may be there by now.
        if lstat(&*self.path).is_ok_and(|stat| (stat.st_dev, stat.st_ino) == (self.device, self.inode)) {
            _ = unlink(&*self.path);
        }
    }
}
