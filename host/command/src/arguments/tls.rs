//! The flags of TLS: those of a server, and those of a client.

use crate::exit::{Exit, Failure};
use clap::ValueHint;
use clap::builder::{OsStringValueParser, TypedValueParser as _, ValueParser};
use clap_lex::OsStrExt as _;
use eco_net::{ConnectAddress, Layers};
use eco_text::escape;
use eco_tls::{
    Certificates, ClientCertificates, Error, KeyPairFiles, ServerSettings, TlsClient, Trust,
};
use std::ffi::OsString;
use std::path::PathBuf;

/// The name of a server that has none: at the other end of a Unix socket.
const LOCALHOST: &str = "localhost";

/// The variable that names a file for the secrets of connections.
const KEY_LOG: &str = "SSLKEYLOGFILE";

/// The flags of a server.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "TLS")]
pub(crate) struct ServerTlsArgs {
    /// Speak TLS with this certificate and its key (PEM). Of several, the name that a client asks for chooses, and the first is for all others; self-signed makes one for trying out
    #[arg(long, value_name = "CERT,KEY", value_parser = OsStringValueParser::new().try_map(CertificateArg::parse), value_hint = ValueHint::FilePath)]
    tls: Vec<CertificateArg>,
    /// Ask clients for a certificate that one of this file has signed; with ,optional who has none is served too
    #[arg(long, value_name = "FILE[,optional]", requires = "tls", value_parser = OsStringValueParser::new().try_map(client_ca), value_hint = ValueHint::FilePath)]
    client_ca: Option<ClientCertificates>,
    /// The protocols to agree on with clients, the best one first (ALPN)
    #[arg(long, value_name = "NAME,...", requires = "tls", value_delimiter = ',')]
    alpn: Vec<String>,
}

/// A certificate of a server, as it is typed.
#[derive(Clone, Debug)]
enum CertificateArg {
    Files(KeyPairFiles),
    SelfSigned,
}

impl CertificateArg {
    fn parse(text: OsString) -> Result<Self, String> {
        if text == "self-signed" {
            return Ok(Self::SelfSigned);
        }
        let files = pair(text).map_err(|error| format!("{error}, or self-signed"))?;
        Ok(Self::Files(files))
    }
}

impl ServerTlsArgs {
    /// The settings, if TLS is asked for.
    ///
    /// # Errors
    /// A certificate of files is asked for, and one that signs itself too.
    pub(crate) fn settings(self) -> Result<Option<ServerSettings>, Failure> {
        let all = self.tls.len();
        let files = self.tls.into_iter().filter_map(|typed| match typed {
            CertificateArg::Files(files) => Some(files),
            CertificateArg::SelfSigned => None,
        });
        let files: Vec<_> = files.collect();
        let certificates = match (all, files.len()) {
            (0, _) => return Ok(None),
            (_, 0) => Certificates::SelfSigned,
            (all, files) if files < all => {
                let why =
                    "--tls self-signed is for trying out, and alone: leave it out, or the files";
                return Err(Exit::Usage.saying(why));
            }
            _ => Certificates::Files(files),
        };
        let mut settings = ServerSettings::new(certificates);
        settings.clients = self.client_ca;
        settings.protocols = self.alpn;
        settings.key_log = key_log();
        Ok(Some(settings))
    }
}

/// The flags of a client.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "TLS")]
pub(crate) struct ClientTlsArgs {
    /// Speak TLS
    #[arg(long)]
    tls: bool,
    /// Trust a server that one of this file has signed, or the one whose certificate has this fingerprint, instead of those that the system trusts
    #[arg(long, value_name = "FILE|sha256:HEX", requires = "tls", value_parser = trust(), value_hint = ValueHint::FilePath)]
    ca: Option<Trust>,
    /// Trust any server: it may be anybody's
    #[arg(long, requires = "tls", conflicts_with = "ca")]
    insecure: bool,
    /// The name that the server's certificate is for [default: the host of --to]
    #[arg(long, value_name = "NAME", requires = "tls")]
    server_name: Option<String>,
    /// The certificate and its key (PEM), for a server that asks for one
    #[arg(long, value_name = "CERT,KEY", requires = "tls", value_parser = OsStringValueParser::new().try_map(pair), value_hint = ValueHint::FilePath)]
    cert: Option<KeyPairFiles>,
}

impl ClientTlsArgs {
    /// These layers, with TLS over them if it is asked for.
    ///
    /// # Errors
    /// A file can't be used, or the server has no name.
    pub(crate) fn over(&self, layers: Layers, to: &ConnectAddress) -> Result<Layers, Failure> {
        if !self.tls {
            return Ok(layers);
        }
        let host = match to {
            ConnectAddress::Tcp(endpoint) => &endpoint.host,
            ConnectAddress::Unix(_) => LOCALHOST,
        };
        let name = self.server_name.as_deref().unwrap_or(host);
        let trust = match (&self.ca, self.insecure) {
            (_, true) => &Trust::Anybody,
            (Some(trust), false) => trust,
            (None, false) => &Trust::System,
        };
        let client = TlsClient::new(trust, name, self.cert.as_ref(), key_log().as_deref());
        Ok(layers.with(client.map_err(unusable)?))
    }
}

/// The file for the secrets of connections, if the environment names one, as that of browsers and of curl does. The log says
/// so, since whoever can read the file can read the connections.
fn key_log() -> Option<PathBuf> {
    let path = std::env::var_os(KEY_LOG).filter(|path| !path.is_empty())?;
    let path = PathBuf::from(path);
    let shown = escape::path(&path);
    tracing::warn!("{KEY_LOG} is set: who reads {shown} can read all that goes over TLS");
    Some(path)
}

/// The files of a certificate and its key.
fn pair(text: OsString) -> Result<KeyPairFiles, String> {
    match text.split_once(",") {
        Some((certificate, key)) if !certificate.is_empty() && !key.is_empty() => {
            Ok(KeyPairFiles {
                certificate: certificate.into(),
                key: key.into(),
            })
        }
        _ => Err("expected two files, CERT.pem,KEY.pem".to_owned()),
    }
}

fn client_ca(text: OsString) -> Result<ClientCertificates, String> {
    let (file, required) = match text.split_once(",") {
        None => (text.as_os_str(), true),
        Some((file, word)) if word == "optional" => (file, false),
        Some(_) => return Err("expected a file, and ,optional after it or nothing".to_owned()),
    };
    Ok(ClientCertificates {
        authorities: file.into(),
        required,
    })
}

fn trust() -> ValueParser {
    let parser = OsStringValueParser::new().try_map(|text: OsString| match text.to_str() {
        Some(known) if known.starts_with("sha256:") => known.parse().map(Trust::Certificate),
        _ => Ok(Trust::Authorities(text.into())),
    });
    parser.into()
}

/// The failure for files that can't be used, with the next step.
pub(crate) fn unusable(error: Error) -> Failure {
    let exit = match error {
        Error::Library(_) => Exit::Internal,
        _ => Exit::Usage,
    };
    exit.saying(format!("{error}{}", next_step(&error)))
}

fn next_step(error: &Error) -> &'static str {
    match error {
        Error::NoCertificate { .. } | Error::NoKey { .. } => {
            "\nThe certificate is named first, and its key after the comma: CERT.pem,KEY.pem."
        }
        Error::NotPem { .. } => {
            "\nA certificate in another form becomes PEM with: openssl x509 -in FILE -out CERT.pem"
        }
        Error::EncryptedKey { .. } => {
            "\nA server has nobody to ask for the password. This writes the key without one, for its user alone: openssl pkey -in KEY.pem -out PLAIN.pem"
        }
        Error::KeyMismatch { .. } => {
            "\nThe certificate of the server comes first in its file, and those of authorities after it."
        }
        Error::NoSystemCertificates { .. } => {
            "\n--ca FILE names whom to trust. Debian has whom browsers trust in the package ca-certificates."
        }
        Error::KeyLog { .. } => {
            "\nSSLKEYLOGFILE names it. Without that variable nothing is written."
        }
        Error::ServerName(_) => "\n--server-name NAME says what its certificate is for.",
        _ => "",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn files_are_typed_with_a_comma_between() {
        let files = pair("a.pem,b/c.key".into()).unwrap();
        assert_eq!(files.certificate, Path::new("a.pem"));
        assert_eq!(files.key, Path::new("b/c.key"));
        for wrong in ["", "a.pem", ",b", "a,"] {
            assert!(pair(wrong.into()).is_err(), "{wrong}");
        }
        for (typed, required) in [("ca.pem", true), ("ca.pem,optional", false)] {
            let clients = client_ca(typed.into()).unwrap();
            assert_eq!(clients.authorities, Path::new("ca.pem"));
            assert_eq!(clients.required, required);
        }
        assert!(client_ca("ca.pem,maybe".into()).is_err());
    }
}
