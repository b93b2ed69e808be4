//! Names, types, and what is refused.

use super::{NAME, calls_f, component, engine, hands_on, import, load, source};
use eco_plugin::{Budgets, Compiler, Engine, HostImport, Inspection, LoadError};

fn builder() -> eco_plugin::EngineBuilder {
    Engine::builder(Compiler::InProcess, Budgets::server(1 << 30))
}

/// The error of an engine with these imports.
fn refused(imports: Vec<HostImport>) -> String {
    let builder = imports
        .into_iter()
        .fold(builder(), |builder, import| builder.import(import));
    builder
        .build()
        .map(drop)
        .expect_err("it is refused")
        .to_string()
}

fn nothing((): ()) {}

#[test]
fn an_engine_says_which_name_is_wrong() {
    for (imports, said) in [
        (
            vec![HostImport::new("kv")],
            "the import \"kv\" has no name of an interface in WIT: mycompany:kv/store@0.1.0",
        ),
        (
            vec![HostImport::new("eco:plugin/store@0.1.0")],
            "the import eco:plugin/store@0.1.0 would be one of eco's own: eco: is not for other imports",
        ),
        (
            vec![HostImport::new("wasi:cli/stdout@0.2.0")],
            "the import wasi:cli/stdout@0.2.0 would be one of eco's own: wasi: is not for other imports",
        ),
        (
            vec![import(), import()],
            "there are two imports mycompany:kv/store@0.1.0",
        ),
        (
            vec![import().function("get", nothing).function("get", nothing)],
            "the import mycompany:kv/store@0.1.0 has two functions `get`",
        ),
        (
            vec![import().function("getAll", nothing)],
            "the function \"getAll\" of mycompany:kv/store@0.1.0 has no name as WIT writes it: small letters, with hyphens between words",
        ),
        (
            vec![import().script_name("store")],
            "scripts can't have the name \"store\" for mycompany:kv/store@0.1.0: it means something else there",
        ),
        (
            vec![
                import().script_name("kv"),
                HostImport::new("a:b/c").script_name("kv"),
            ],
            "two imports have the name `kv` in scripts",
        ),
    ] {
        assert_eq!(refused(imports), said);
    }
}

#[test]
fn a_laboratory_has_no_imports() {
    let built = builder().laboratory().import(import()).build();
    assert_eq!(
        built.map(drop).expect_err("it is refused").to_string(),
        "a laboratory can't have the import mycompany:kv/store@0.1.0: nothing says that it does the same at every run"
    );
}

#[tokio::test]
async fn a_plugin_whose_import_differs_is_told_how() {
    let engine = engine(import().function("f", |_: String| -> Option<Vec<u8>> { None }));
    let error = load(&engine, &hands_on()).await.expect_err("it differs");
    assert!(matches!(error, LoadError::OwnImportType(_)) && error.code() == "import");
    assert_eq!(
        error.to_string(),
        "its import is not the one that is offered: `f` of mycompany:kv/store@0.1.0 is func(string) -> option<list<u8>>, and it imports func(list<u8>)\n\
         Build it against the WIT of the program that embeds eco."
    );

    let other = component(
        r#"(export "g" (func))"#,
        &[("g", "")],
        "(call $g) (i32.const 32)",
    );
    let error = load(&engine, &other).await.expect_err("it differs");
    let said = "mycompany:kv/store@0.1.0 has no function `g`";
    assert!(error.to_string().contains(said), "{error}");
}

/// Two types that are cut where they are shown don't differ for that.
#[tokio::test]
async fn a_long_type_is_not_named_for_another_that_differs() {
    type Long = (
        String,
        Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<String>>>>>>>>>>>>>,
    );
    let nested = (0..13).fold("string".to_owned(), |inner, _| format!("(list {inner})"));
    let long = |times: usize| format!("(param \"p{times}\" (tuple string {nested}))");
    let import = import()
        .function("f", |_: (Long, Long, Long)| ())
        .function("g", |_: String| ());
    let interface = format!(
        r#"(export "f" (func {}{}{})) (export "g" (func (param "data" (list u8))))"#,
        long(1),
        long(2),
        long(3)
    );
    let plugin = component(
        &interface,
        &[
            (
                "f",
                "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)",
            ),
            ("g", "(param i32 i32)"),
        ],
        "(i32.const 32)",
    );
    let error = load(&engine(import), &plugin)
        .await
        .expect_err("it differs");
    let said = "`g` of mycompany:kv/store@0.1.0 is func(string), and it imports func(list<u8>)";
    assert!(error.to_string().contains(said), "{error}");
}

#[tokio::test]
async fn a_plugin_that_imports_what_is_not_there_is_told_what_is() {
    let engine = engine(import());
    assert_eq!(engine.host_imports().collect::<Vec<_>>(), [NAME]);
    let other = calls_f(1, 16, 4).replace(NAME, "mycompany:kv/store@0.2.0");
    let error = load(&engine, &other)
        .await
        .expect_err("it is another version");
    assert!(matches!(&error, LoadError::Import { refused, own }
        if refused == &["mycompany:kv/store@0.2.0"] && own == &[NAME]));
    assert!(
        error
            .to_string()
            .contains("; and here mycompany:kv/store@0.1.0"),
        "{error}"
    );
    let said = "A program that embeds eco can offer imports of its own (HostImport).";
    assert!(error.to_string().ends_with(said), "{error}");
    let wasi = calls_f(1, 16, 4).replace(NAME, "wasi:http/types@0.2.0");
    let error = load(&engine, &wasi).await.expect_err("it is not offered");
    assert!(!error.to_string().contains("embeds"), "{error}");
}

#[tokio::test]
async fn an_inspection_knows_the_imports_of_its_engine() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = source(&folder, "plugin.wat", &hands_on());
    let offers = engine(import().function("f", |_: Vec<u8>| ()));
    let inspection = Inspection::of(&offers, source.clone())
        .await
        .expect("it compiles");
    assert!(
        inspection
            .imports
            .iter()
            .all(|import| import.granted && import.name == NAME)
    );
    assert!(inspection.server.is_ok());
    let without = builder().build().expect("an engine");
    let inspection = Inspection::of(&without, source).await.expect("it compiles");
    assert!(inspection.imports.iter().all(|import| !import.granted));
    assert!(inspection.server.is_err());
}
