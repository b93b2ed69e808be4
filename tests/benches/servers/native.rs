//! `native-echo PORT [OFFSET]`: what the documentation of tokio shows as its first program, with a buffer of
//! eco's chunk size. The benchmarks hold eco to it. With an offset, the buffer begins there in a page of memory.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const CHUNK: usize = 64 * 1024;
const PAGE: usize = 4096;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().unwrap_or_default().parse()?;
    let offset: Option<usize> = arguments.next().map(|offset| offset.parse()).transpose()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let mut allocation = vec![0; CHUNK + PAGE];
            let address = allocation.as_ptr().addr();
            let begin = offset.map_or(0, |offset| offset.wrapping_sub(address) % PAGE);
            let Some(buffer) = allocation.get_mut(begin..begin + CHUNK) else {
                return;
            };
            while let Ok(length @ 1..) = stream.read(buffer).await {
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
