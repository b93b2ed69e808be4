//! `native-echo PORT`: what the documentation of tokio shows as its first program, with a buffer of
//! eco's chunk size. The benchmarks hold eco to it.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let port: u16 = std::env::args().nth(1).unwrap_or_default().parse()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                let Some(chunk) = buffer.get(..length) else {
                    return;
                };
                if stream.write_all(chunk).await.is_err() {
                    return;
                }
            }
        });
    }
}
