//! eco's tests over real sockets.
