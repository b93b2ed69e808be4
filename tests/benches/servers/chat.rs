//! `native-chat PORT`: what each connection sends goes to all others, in the shortest way that is right. The
//! benchmark `shared` holds eco's topics to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Sender, channel};

/// Messages that wait for one connection. Beyond that they are left out, as eco does.
const WAITING: usize = 1024;

type Members = Arc<Mutex<HashMap<u64, Sender<Arc<[u8]>>>>>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let port: u16 = std::env::args().nth(1).unwrap_or_default().parse()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let members = Members::default();
    for id in 0.. {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let members = members.clone();
        tokio::spawn(async move {
            let _ = serve(stream, id, &members).await;
            lock(&members).remove(&id);
        });
    }
    Ok(())
}

async fn serve(mut stream: TcpStream, id: u64, members: &Members) -> std::io::Result<()> {
    let (tell, mut said) = channel(WAITING);
    lock(members).insert(id, tell);
    // From now on it hears.
    stream.write_all(b".").await?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        tokio::select! {
            read = stream.read(&mut buffer) => {
                let length = read?;
                if length == 0 {
                    return Ok(());
                }
                let message: Arc<[u8]> = buffer.get(..length).unwrap_or_default().into();
                for (other, tell) in &*lock(members) {
                    if *other != id {
                        let _ = tell.try_send(message.clone());
                    }
                }
            }
            Some(message) = said.recv() => stream.write_all(&message).await?,
        }
    }
}

fn lock(members: &Members) -> std::sync::MutexGuard<'_, HashMap<u64, Sender<Arc<[u8]>>>> {
    members.lock().unwrap_or_else(|broken| broken.into_inner())
}
