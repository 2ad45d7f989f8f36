//! `cargo run --release -p comitia-recount --example recount -- FILE.pb [CHOICE-AS-JSON]`: what the WebAssembly module
//! does, without WebAssembly; its test compares them.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = std::fs::read(arguments.next().ok_or("which file?")?)?;
    print!("{}", comitia_recount::recount(&file, &arguments.next().unwrap_or_default())?);
    Ok(())
}
